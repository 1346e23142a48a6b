/** Seeds that failed once, with what they found: they must never fail again. */
export const REGRESSIONS: readonly { readonly seed: number; readonly found: string }[] = [
  { seed: 3, found: 'a replica took part again before the last final blocks of its journal were committed' },
  { seed: 8, found: 'a peer was blamed for an answer that our own chain had overtaken' },
  { seed: 14, found: 'the same' },
  { seed: 28, found: 'a block stored just before its record was taken for a forgotten signature' },
  { seed: 48, found: 'the replay of a restart forgot the only copies of a certified block' },
]
