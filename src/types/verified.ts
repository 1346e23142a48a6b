/**
 * Trust is a type: what came from outside is `Verified<T>` once `validation/` has judged it,
 * and the core accepts nothing else.
 */
declare const verified: unique symbol

export type Verified<T> = T & { readonly [verified]: true }

/** Judging a whole is judging its parts: `part` is what came out of the whole, as its type says. */
export function verifiedPart<W extends object, T>(_whole: Verified<W>, part: T & W[keyof W]): Verified<T> {
  return part as unknown as Verified<T>
}
