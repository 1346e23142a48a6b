/** Shows some replicas another TC of the view before than the one that its header names, as good as that one: with its own entry in the place of another's. */
import type { TimeoutCertificate } from '../../types/certificate.ts'
import { type Liar, messageStrategy } from '../strategy.ts'

export const otherTc = messageStrategy((liar) => (message, to) => {
  if (message.kind !== 'proposal' || to % 2 === 0) return [message]
  const { proposal } = message
  const { block } = proposal
  const tc = block.tc && withOwnEntry(liar, block.tc)
  return [{ kind: 'proposal', proposal: { ...proposal, block: { ...block, tc } } }]
})

function withOwnEntry(liar: Liar, tc: TimeoutCertificate): TimeoutCertificate {
  const { epoch, view, entries } = tc
  const [first] = entries
  if (first === undefined || entries.some(({ signer }) => signer === liar.self)) return tc
  const { highQcView } = first
  const own = { signer: liar.self, highQcView, signature: liar.sign({ kind: 'timeout', epoch, view, highQcView }) }
  return { ...tc, entries: [own, ...entries.slice(1)].sort((a, b) => a.signer - b.signer) }
}
