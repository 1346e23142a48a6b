/** Proposes on an older QC than the one that it has, as if it had never seen a newer one or as if its TC named none. */
import type { QuorumCertificate } from '../../types/certificate.ts'
import type { Hash } from '../../types/ids.ts'
import { forgeProposal, resealed } from '../forge-block.ts'
import { messageStrategy } from '../strategy.ts'

/** QCs remembered. */
const KNOWN_MAX = 16

export const staleJustify = messageStrategy((liar) => {
  const known = new Map<Hash, QuorumCertificate>()
  return (message) => {
    const highQc = liar.node.replica?.core.highQc
    if (highQc !== undefined) known.set(highQc.blockHash, highQc)
    if (known.size > KNOWN_MAX) for (const oldest of [...known.keys()].slice(0, -KNOWN_MAX)) known.delete(oldest)
    if (message.kind !== 'proposal') return [message]
    const { header, justify, tc } = message.proposal.block
    const tip = liar.node.chain?.store.tip.hash
    const onTip = tip === undefined || tip === header.parentHash ? undefined : known.get(tip)
    if (onTip !== undefined) {
      const proposal = forgeProposal(liar, { view: header.consensus.view, justify: onTip, tc, transactions: [] })
      return [proposal === undefined ? message : { kind: 'proposal', proposal }]
    }
    const older = [...known.values()].findLast(({ view, epoch }) => view < justify.view && epoch === justify.epoch)
    if (tc === null || older === undefined) return [message]
    return [
      {
        kind: 'proposal',
        proposal: resealed(liar, message.proposal.block, { view: header.consensus.view, justify: older, tc }),
      },
    ]
  }
})
