/** Proposes in the views of others, as soon as they begin. */
import { forgeProposal } from '../forge-block.ts'
import { messageStrategy } from '../strategy.ts'

export const usurp = messageStrategy((liar) => (message) => {
  const core = liar.node.replica?.core
  if (core === undefined || core.leader === liar.self) return [message]
  const { view, highQc, highTc } = core
  if (highQc.blockHash !== liar.node.chain?.store.tip.hash) return [message]
  const tc = highQc.view === view - 1 ? null : highTc
  const proposal = forgeProposal(liar, { view, justify: highQc, tc, transactions: [] })
  return proposal === undefined ? [message] : [{ kind: 'proposal', proposal }, message]
})
