/** Votes only to one other, so that who forms a certificate is chance. */
import { messageStrategy } from '../strategy.ts'

export const withholdVotes = messageStrategy((liar) => (message, to) => {
  if (message.kind !== 'vote' && message.kind !== 'commitVote') return [message]
  return message.vote.view % liar.validators.n === to ? [message] : []
})
