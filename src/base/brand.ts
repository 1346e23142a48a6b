/**
 * Nominal types over structural ones: a `Hash` is a string that only a function which
 * has checked it may produce.
 */
declare const brand: unique symbol

export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
