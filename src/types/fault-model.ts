/**
 * Quorum arithmetic of the two fault models (docs/consensus.md, "Numbers").
 * q = n − t in both; two quorums share t+1 replicas (Byzantine) or one (crash).
 */
import { invariant } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'

export type FaultModel = 'byzantine' | 'crash'

/** t: how many of n replicas may be faulty. */
export function faultsTolerated(n: number, model: FaultModel): number {
  invariant(Number.isSafeInteger(n) && n >= 1, 'a validator set is not empty')
  return model === 'byzantine' ? Math.floor((n - 1) / 3) : Math.floor((n - 1) / 2)
}

/** q: how many replicas must sign a certificate. */
export function quorum(n: number, model: FaultModel): number {
  if (__CANARIES__ && isPlanted('quorum-too-small')) return n - faultsTolerated(n, model) - 1
  return n - faultsTolerated(n, model)
}

/** a: how many replicas must say a thing so that one who says it is correct. */
export function amplification(n: number, model: FaultModel): number {
  return model === 'byzantine' ? faultsTolerated(n, model) + 1 : 1
}
