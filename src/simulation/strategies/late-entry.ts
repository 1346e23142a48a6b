/** Puts into a true TC an entry of its own that names a QC of the TC's view or later, which no timeout can have known. */
import { messageStrategy } from '../strategy.ts'

export const lateEntry = messageStrategy((liar) => (message) => {
  const core = liar.node.replica?.core
  const tc = core?.highTc
  if (core === undefined || tc === null || tc === undefined) return [message]
  const { highQc } = core
  if (message.kind !== 'vote' && message.kind !== 'commitVote') return [message]
  if (highQc.view < tc.view || highQc.epoch !== tc.epoch) return [message]
  const { epoch, view } = tc
  const signature = liar.sign({ kind: 'timeout', epoch, view, highQcView: highQc.view })
  const others = tc.entries.filter(({ signer }) => signer !== liar.self)
  const own = { signer: liar.self, highQcView: highQc.view, signature }
  const entries = [...others, own].sort((a, b) => a.signer - b.signer)
  const bundle = { epoch, highQc, tc: { epoch, view, entries, highQc }, commitCertificate: null }
  return [{ kind: 'certificates', bundle }, message]
})
