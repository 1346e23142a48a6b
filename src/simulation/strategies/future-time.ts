/** Dates its blocks ahead: by less than others tolerate, by more, by ages. */
import { hashHeader } from '../../crypto/digests.ts'
import { messageStrategy } from '../strategy.ts'

export const futureTime = messageStrategy((liar) => (message) => {
  if (message.kind !== 'proposal') return [message]
  const { block } = message.proposal
  const { consensus } = block.header
  const ahead = [1_000, 3_000, 8_000, 3_600_000][consensus.view % 4] ?? 0
  const header = { ...block.header, consensus: { ...consensus, timeMs: consensus.timeMs + ahead } }
  const hash = hashHeader(header)
  const { epoch, view } = consensus
  const signature = liar.sign({ kind: 'proposal', epoch, view, blockHash: hash })
  return [{ kind: 'proposal', proposal: { block: { ...block, header, hash }, signature } }]
})
