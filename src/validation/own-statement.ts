/** What this node has built and signed itself needs no judge. */
import { mintVerified } from '../types/mint-verified.ts'
import type { Verified } from '../types/verified.ts'

export function ownStatement<T>(statement: T): Verified<T> {
  return mintVerified(statement)
}
