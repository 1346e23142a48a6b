/** What a message says to a core once it has been judged by the judges of every replica; null when they refuse it. */
import type { Rejection } from '../../base/rejection.ts'
import type { Result } from '../../base/result.ts'
import type { Event } from '../../consensus/events.ts'
import type { DirectMessage } from '../../network/messages.ts'
import type { EpochValidators } from '../../validation/epoch-validators.ts'

export function judged(message: DirectMessage, { messages, proposals }: EpochValidators): Event | null {
  switch (message.kind) {
    case 'proposal':
      return eventOf(proposals.proposal(message.proposal), (proposal) => ({ kind: 'proposal', proposal }))
    case 'vote':
      return eventOf(messages.vote(message.vote), (vote) => ({ kind: 'vote', vote }))
    case 'commitVote':
      return eventOf(messages.commitVote(message.vote), (vote) => ({ kind: 'commitVote', vote }))
    case 'timeout':
      return eventOf(messages.timeoutMessage(message.message), (timeout) => ({ kind: 'timeout', message: timeout }))
    case 'certificates':
      return eventOf(messages.bundle(message.bundle), (bundle) => ({ kind: 'certificates', bundle }))
    // Nothing that a replica of a Twins run says.
    case 'certificatesWanted':
    case 'status':
    case 'transactions':
    case 'epochEnd':
    case 'diverged':
      return null
  }
}

function eventOf<T>(result: Result<T, Rejection>, event: (value: T) => Event): Event | null {
  return result.ok ? event(result.value) : null
}
