/** Votes in the names of others. */
import { messageStrategy } from '../strategy.ts'

export const forgeVotes = messageStrategy((liar) => (message) => {
  if (message.kind !== 'vote' && message.kind !== 'commitVote') return [message]
  const signer = liar.random.below(liar.validators.n)
  return message.kind === 'vote'
    ? [message, { kind: 'vote', vote: { ...message.vote, signer } }]
    : [message, { kind: 'commitVote', vote: { ...message.vote, signer } }]
})
