/** Gives up every view at once, loudly. */
import { messageStrategy } from '../strategy.ts'

export const loneTimeouts = messageStrategy((liar) => (message) => {
  if (message.kind !== 'certificates') return [message]
  const { epoch, highQc } = message.bundle
  const view = highQc.view + 1
  const signature = liar.sign({ kind: 'timeout', epoch, view, highQcView: highQc.view })
  const timeout = { epoch, view, highQcView: highQc.view, signer: liar.self, signature }
  return [message, { kind: 'timeout', message: { timeout, highQc, tc: null, vote: null, proposal: null } }]
})
