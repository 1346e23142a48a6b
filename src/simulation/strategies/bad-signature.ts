/** Signs nothing rightly: each statement carries the signature of another. */
import type { DirectMessage } from '../../network/messages.ts'
import { messageStrategy } from '../strategy.ts'

export const badSignature = messageStrategy(() => (message): readonly DirectMessage[] => {
  switch (message.kind) {
    case 'vote':
      return [{ kind: 'vote', vote: { ...message.vote, signature: spoilt(message.vote.signature) } }]
    case 'commitVote':
      return [{ kind: 'commitVote', vote: { ...message.vote, signature: spoilt(message.vote.signature) } }]
    case 'timeout': {
      const { timeout } = message.message
      const lied = { ...timeout, signature: spoilt(timeout.signature) }
      return [{ kind: 'timeout', message: { ...message.message, timeout: lied } }]
    }
    case 'proposal':
    case 'certificates':
    case 'certificatesWanted':
    case 'status':
    case 'transactions':
    case 'epochEnd':
    case 'diverged':
      return [message]
  }
})

function spoilt(signature: Uint8Array): Uint8Array {
  const copy = signature.slice()
  copy[40] = (copy[40] as number) ^ 1
  return copy
}
