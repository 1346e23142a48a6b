/** Shows some replicas another valid QC of the parent than the one that its header names: a signature less, where there is one to spare. */
import type { QuorumCertificate } from '../../types/certificate.ts'
import { bitmapOf, signersOf } from '../../types/signer-bitmap.ts'
import { messageStrategy } from '../strategy.ts'

export const narrowJustify = messageStrategy((liar) => (message, to) => {
  if (message.kind !== 'proposal') return [message]
  const { proposal } = message
  const { justify } = proposal.block
  if (justify.signatures.length <= liar.validators.quorum || to % 2 === 0) return [message]
  return [{ kind: 'proposal', proposal: { ...proposal, block: { ...proposal.block, justify: narrower(justify) } } }]

  function narrower(qc: QuorumCertificate): QuorumCertificate {
    const signers = signersOf(qc.bitmap).slice(1)
    return { ...qc, bitmap: bitmapOf(signers, liar.validators.n), signatures: qc.signatures.slice(1) }
  }
})
