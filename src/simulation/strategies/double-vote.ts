/** Votes for a second block in each view, to some. */

import { utf8 } from '../../base/bytes.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import { messageStrategy } from '../strategy.ts'

export const doubleVote = messageStrategy((liar) => (message, to) => {
  if (message.kind !== 'vote' && message.kind !== 'commitVote') return [message]
  if ((to + liar.self) % 2 === 0) return [message]
  const { epoch, view } = message.vote
  const blockHash = keccak256Hash(utf8(`another block of view ${view}`))
  if (message.kind === 'commitVote') {
    const signature = liar.sign({ kind: 'commit', epoch, view, blockHash })
    return [{ kind: 'commitVote', vote: { ...message.vote, blockHash, signature } }, message]
  }
  const { justifyView } = message.vote
  const signature = liar.sign({ kind: 'vote', epoch, view, blockHash, justifyView })
  return [{ kind: 'vote', vote: { ...message.vote, blockHash, signature } }, message]
})
