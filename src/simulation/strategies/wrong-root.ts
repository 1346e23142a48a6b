/** Proposes blocks whose state is not what execution gives. */
import { hashHeader } from '../../crypto/digests.ts'
import { ZERO_HASH } from '../../types/ids.ts'
import { messageStrategy } from '../strategy.ts'

export const wrongRoot = messageStrategy((liar) => (message) => {
  if (message.kind !== 'proposal') return [message]
  const { block } = message.proposal
  const header = { ...block.header, stateRoot: ZERO_HASH }
  const hash = hashHeader(header)
  const { epoch, view } = header.consensus
  const signature = liar.sign({ kind: 'proposal', epoch, view, blockHash: hash })
  return [{ kind: 'proposal', proposal: { block: { ...block, header, hash }, signature } }]
})
