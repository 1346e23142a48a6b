/** Votes to commit whatever it has voted for, certified or not. */
import { messageStrategy } from '../strategy.ts'

export const earlyCommit = messageStrategy((liar) => (message) => {
  if (message.kind !== 'vote') return [message]
  const { epoch, view, blockHash, signer } = message.vote
  const signature = liar.sign({ kind: 'commit', epoch, view, blockHash })
  return [message, { kind: 'commitVote', vote: { epoch, view, blockHash, signer, signature } }]
})
