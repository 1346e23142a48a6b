/**
 * Trust is a type: what came from outside is `Verified<T>` once `validation/` has judged it,
 * and the core accepts nothing else.
 */
declare const verified: unique symbol

export type Verified<T> = T & { readonly [verified]: true }
