/** Signs in its timeouts for a higher QC than it shows. */
import { messageStrategy } from '../strategy.ts'

export const splitTimeout = messageStrategy((liar) => (message) => {
  if (message.kind !== 'timeout') return [message]
  const { timeout, tc } = message.message
  if (tc === null) return [message]
  const { epoch, view } = timeout
  const highQcView = view - 1
  const signature = liar.sign({ kind: 'timeout', epoch, view, highQcView })
  return [{ kind: 'timeout', message: { ...message.message, timeout: { ...timeout, highQcView, signature } } }]
})
