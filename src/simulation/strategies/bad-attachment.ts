/** Times out of every view, rightly signed, with a vote attached that is not. */
import { messageStrategy } from '../strategy.ts'

export const badAttachment = messageStrategy((liar) => (message) => {
  if (message.kind === 'timeout') {
    const { vote } = message.message
    if (vote === null) return [message]
    return [{ kind: 'timeout', message: { ...message.message, vote: { ...vote, signature: new Uint8Array(64) } } }]
  }
  const highQc = liar.node.replica?.core.highQc
  if (message.kind !== 'vote' || highQc?.view !== message.vote.view - 1) return [message]
  const { epoch, view } = message.vote
  const signature = liar.sign({ kind: 'timeout', epoch, view, highQcView: highQc.view })
  const timeout = { epoch, view, highQcView: highQc.view, signer: liar.self, signature }
  const vote = { ...message.vote, signature: new Uint8Array(64) }
  return [{ kind: 'timeout', message: { timeout, highQc, tc: null, vote, proposal: null } }]
})
