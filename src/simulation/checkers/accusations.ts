/**
 * INVARIANT: what an honest key signs, in all its lives, is never evidence against it: no timeout
 * hides the QC that an earlier vote named (E4) or an earlier commit vote relied on (E5;
 * docs/consensus.md, "Evidence"). Two statements of one kind and view are the signature checker's.
 */
import type { SigningRequest } from '../../consensus/effects.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'

/** What one key has promised in one epoch; views are zero where there was nothing. */
interface Promises {
  readonly epoch: number
  /** Highest QC that a vote named, and the highest view that was voted to commit. */
  justifyView: number
  committedView: number
  timeoutView: number
  timeoutQcView: number
}

export function accusationChecker(): Checker {
  const promises = new Map<number, Promises>()
  return {
    onSign(node, request) {
      if (node.isByzantine) return
      let made = promises.get(node.index)
      if (made?.epoch !== request.epoch) {
        made = { epoch: request.epoch, justifyView: 0, committedView: 0, timeoutView: 0, timeoutQcView: 0 }
        promises.set(node.index, made)
      }
      const proof = proofAgainst(made, request)
      if (proof !== null) throw new SimulationFailure('evidence', `honest node ${node.index}: ${proof}`)
    },
  }
}

function proofAgainst(made: Promises, request: SigningRequest): string | null {
  const { view } = request
  const isOutlived = view <= made.timeoutView
  switch (request.kind) {
    case 'vote':
      made.justifyView = Math.max(made.justifyView, request.justifyView)
      return isOutlived && request.justifyView > made.timeoutQcView
        ? `votes in view ${view} on QC ${request.justifyView}, its timeout of ${made.timeoutView} knew ${made.timeoutQcView}`
        : null
    case 'commit':
      made.committedView = Math.max(made.committedView, view)
      return isOutlived && view > made.timeoutQcView
        ? `votes to commit view ${view}, its timeout of ${made.timeoutView} knew QC ${made.timeoutQcView}`
        : null
    case 'timeout': {
      // Said again, after what came later; that it is the same is checked elsewhere.
      if (isOutlived) return null
      const highest = Math.max(made.justifyView, made.committedView)
      made.timeoutView = view
      made.timeoutQcView = request.highQc.view
      return request.highQc.view < highest
        ? `its timeout of view ${view} knows QC ${request.highQc.view}, but it has relied on ${highest}`
        : null
    }
    case 'proposal':
      return null
  }
}
