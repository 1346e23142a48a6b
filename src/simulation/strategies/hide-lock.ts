/** Times out as if it had never seen a QC: nobody takes the message, but the statement in it is signed. */
import { messageStrategy } from '../strategy.ts'

export const hideLock = messageStrategy((liar) => (message) => {
  if (message.kind !== 'timeout' || message.message.timeout.highQcView === 0) return [message]
  const { timeout } = message.message
  const signature = liar.sign({ kind: 'timeout', epoch: timeout.epoch, view: timeout.view, highQcView: 0 })
  return [{ kind: 'timeout', message: { ...message.message, timeout: { ...timeout, highQcView: 0, signature } } }]
})
