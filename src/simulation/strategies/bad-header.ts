/** Proposes blocks whose header is wrong for whoever knows the schedule: of a view that another leads, or without a reason. */
import { hashHeader } from '../../crypto/digests.ts'
import { messageStrategy } from '../strategy.ts'

export const badHeader = messageStrategy((liar) => (message) => {
  if (message.kind !== 'proposal') return [message]
  const { block } = message.proposal
  const { consensus } = block.header
  const { epoch } = consensus
  const lied = liar.random.chance(0.5) ? { view: consensus.view + 1 } : { justifyView: consensus.view }
  const header = { ...block.header, consensus: { ...consensus, ...lied } }
  const { view } = header.consensus
  const hash = hashHeader(header)
  const signature = liar.sign({ kind: 'proposal', epoch, view, blockHash: hash })
  return [message, { kind: 'proposal', proposal: { block: { ...block, header, hash }, signature } }]
})
