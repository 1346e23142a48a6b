/** Sends TCs of nobody but itself: with its own timeout alone, or with that as often as a quorum takes. */
import { messageStrategy } from '../strategy.ts'

export const loneTc = messageStrategy((liar) => (message) => {
  const core = liar.node.replica?.core
  if (message.kind !== 'vote' || core === undefined) return [message]
  const { highQc, view } = core
  const { epoch } = highQc
  const signature = liar.sign({ kind: 'timeout', epoch, view, highQcView: highQc.view })
  const entry = { signer: liar.self, highQcView: highQc.view, signature }
  const count = liar.random.chance(0.5) ? 1 : liar.validators.quorum
  const tc = { epoch, view, entries: Array.from({ length: count }, () => entry), highQc }
  return [message, { kind: 'certificates', bundle: { epoch, highQc, tc, commitCertificate: null } }]
})
