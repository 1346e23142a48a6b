/** Proposes one block to some and another to the rest; the two differ in their time only, so both can be executed. */
import { hashHeader } from '../../crypto/digests.ts'
import type { Proposal } from '../../types/block.ts'
import { type Liar, messageStrategy } from '../strategy.ts'

export const equivocate = messageStrategy((liar) => {
  const groups = [liar.random.below(liar.validators.n), liar.random.below(liar.validators.n)]
  return (message, to) => {
    if (message.kind !== 'proposal' || message.proposal.block.header.height === 1) return [message]
    return [groups.includes(to) ? { kind: 'proposal', proposal: otherProposal(liar, message.proposal) } : message]
  }
})

function otherProposal(liar: Liar, { block }: Proposal): Proposal {
  const { consensus } = block.header
  const header = { ...block.header, consensus: { ...consensus, timeMs: consensus.timeMs + 1 } }
  const hash = hashHeader(header)
  const { epoch, view } = consensus
  const signature = liar.sign({ kind: 'proposal', epoch, view, blockHash: hash })
  return { block: { ...block, header, hash }, signature }
}
