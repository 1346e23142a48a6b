/** Votes and times out in views that nobody has reached. */
import { messageStrategy } from '../strategy.ts'

export const futureVotes = messageStrategy((liar) => (message) => {
  if (message.kind === 'vote') {
    const { epoch, blockHash, justifyView } = message.vote
    const view = message.vote.view + liar.random.pick([1, 7, 10, 1_000_000, 2 ** 52])
    const signature = liar.sign({ kind: 'vote', epoch, view, blockHash, justifyView })
    return [message, { kind: 'vote', vote: { ...message.vote, view, signature } }]
  }
  if (message.kind !== 'commitVote') return [message]
  const { epoch, blockHash } = message.vote
  const view = message.vote.view + liar.random.pick([1, 7, 10, 1_000_000, 2 ** 52])
  const signature = liar.sign({ kind: 'commit', epoch, view, blockHash })
  return [message, { kind: 'commitVote', vote: { ...message.vote, view, signature } }]
})
