/** Proposes next to the block that it has the QC of: on the grandparent, so that what is certified would be undone. */
import { forgeProposal } from '../forge-block.ts'
import { messageStrategy } from '../strategy.ts'

export const staleParent = messageStrategy((liar) => (message) => {
  if (message.kind !== 'proposal') return [message]
  const { header, justify, tc } = message.proposal.block
  const { view } = header.consensus
  if (header.parentHash === liar.node.chain?.store.tip.hash) return [message]
  const proposal = forgeProposal(liar, { view, justify, tc, transactions: [] })
  return [proposal === undefined ? message : { kind: 'proposal', proposal }]
})
