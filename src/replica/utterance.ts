/** What a replica says when its safety rules allow it: what is signed, and what the others and we ourselves are told. */
import { unreachable } from '../base/invariant.ts'
import type { SigningRequest } from '../consensus/effects.ts'
import type { Event } from '../consensus/events.ts'
import type { DirectMessage } from '../network/messages.ts'
import type { Proposal } from '../types/block.ts'
import type { Statement } from '../types/signing-domain.ts'
import { ownStatement } from '../validation/own-statement.ts'

/** BOUND: transactions of another's proposal that we pass on. */
const ATTACHED_BYTES_MAX = 64 * 1024

export interface Utterance {
  readonly message: DirectMessage
  readonly event: Event
}

export function statementOf(request: SigningRequest): Statement {
  const { epoch, view } = request
  switch (request.kind) {
    case 'vote':
      return { kind: 'vote', epoch, view, blockHash: request.blockHash, justifyView: request.justifyView }
    case 'commit':
      return { kind: 'commit', epoch, view, blockHash: request.blockHash }
    case 'timeout':
      return { kind: 'timeout', epoch, view, highQcView: request.highQc.view }
    case 'proposal':
      return { kind: 'proposal', epoch, view, blockHash: request.block.hash }
    default:
      return unreachable(request)
  }
}

/** `signature`: of `signer`, an index in the set, over the statement of this request. */
export function utterance(request: SigningRequest, signer: number, signature: Uint8Array): Utterance {
  switch (request.kind) {
    case 'vote': {
      const { epoch, view, blockHash, justifyView } = request
      const vote = ownStatement({ epoch, view, blockHash, justifyView, signer, signature })
      return { message: { kind: 'vote', vote }, event: { kind: 'vote', vote } }
    }
    case 'commit': {
      const { epoch, view, blockHash } = request
      const vote = ownStatement({ epoch, view, blockHash, signer, signature })
      return { message: { kind: 'commitVote', vote }, event: { kind: 'commitVote', vote } }
    }
    case 'timeout': {
      const { epoch, view, highQc, tc, vote } = request
      const proposal = isCarried(request.proposal) ? request.proposal : null
      const timeout = { epoch, view, highQcView: highQc.view, signer, signature }
      const message = ownStatement({ timeout, highQc, tc, vote, proposal })
      return { message: { kind: 'timeout', message }, event: { kind: 'timeout', message } }
    }
    case 'proposal': {
      const proposal = ownStatement({ block: request.block, signature })
      return { message: { kind: 'proposal', proposal }, event: { kind: 'proposal', proposal } }
    }
    default:
      return unreachable(request)
  }
}

/** A large body would be sent by everybody to everybody, again and again; whoever lacks it fetches it. */
export function isCarried(proposal: Proposal | null): boolean {
  const bytes = proposal?.block.transactions.reduce((sum, envelope) => sum + envelope.length, 0) ?? 0
  return bytes <= ATTACHED_BYTES_MAX
}
