/** Signs for another epoch, and passes one kind of statement off as another. */
import { messageStrategy } from '../strategy.ts'

export const otherDomain = messageStrategy((liar) => (message) => {
  if (message.kind !== 'vote') return [message]
  const { epoch, view, blockHash, justifyView, signer } = message.vote
  const elsewhere = liar.sign({ kind: 'vote', epoch: epoch + 1, view, blockHash, justifyView })
  const asCommit = liar.sign({ kind: 'vote', epoch, view, blockHash, justifyView })
  return [
    { kind: 'vote', vote: { ...message.vote, epoch: epoch + 1, signature: elsewhere } },
    { kind: 'vote', vote: { ...message.vote, signature: elsewhere } },
    { kind: 'commitVote', vote: { epoch, view, blockHash, signer, signature: asCommit } },
  ]
})
