/** Proposes on an older QC than the one that it has, as if it had never seen a newer one or as if its TC named none. */
import type { QuorumCertificate } from '../../types/certificate.ts'
import type { Hash } from '../../types/ids.ts'
import { forgeProposal } from '../forge-block.ts'
import { messageStrategy } from '../strategy.ts'

export const staleJustify = messageStrategy((liar) => {
  const known = new Map<Hash, QuorumCertificate>()
  return (message) => {
    const highQc = liar.node.replica?.core.highQc
    if (highQc !== undefined) known.set(highQc.blockHash, highQc)
    if (message.kind !== 'proposal') return [message]
    const { header, justify, tc } = message.proposal.block
    known.set(justify.blockHash, justify)
    const tip = liar.node.chain?.store.tip.hash
    const older = tip === undefined || tip === header.parentHash ? undefined : known.get(tip)
    if (older === undefined) return [message]
    const proposal = forgeProposal(liar, { view: header.consensus.view, justify: older, tc, transactions: [] })
    return [proposal === undefined ? message : { kind: 'proposal', proposal }]
  }
})
