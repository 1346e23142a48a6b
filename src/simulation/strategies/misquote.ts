/** Votes as if its block locked on an older view than it does. */
import { messageStrategy } from '../strategy.ts'

export const misquote = messageStrategy((liar) => (message) => {
  if (message.kind !== 'vote' || message.vote.justifyView === 0) return [message]
  const { epoch, view, blockHash } = message.vote
  const justifyView = message.vote.justifyView - 1
  const signature = liar.sign({ kind: 'vote', epoch, view, blockHash, justifyView })
  return [{ kind: 'vote', vote: { ...message.vote, justifyView, signature } }]
})
