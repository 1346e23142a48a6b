/** Proposes on certificates that are none: of an epoch's root that is not its root, or with a signature of the liar's in the place of another's. */
import { utf8 } from '../../base/bytes.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import type { Block } from '../../types/block.ts'
import { resealed, type Standing } from '../forge-block.ts'
import { type Liar, messageStrategy } from '../strategy.ts'

export const forgeJustification = messageStrategy((liar) => (message) => {
  if (message.kind !== 'proposal') return [message]
  const { block } = message.proposal
  return [{ kind: 'proposal', proposal: resealed(liar, block, forged(liar, block)) }]
})

/** The QC keeps view and block, so that it is no other than one that all have. */
function forged(liar: Liar, { header, justify, tc }: Block): Standing {
  const standing = { view: header.consensus.view, justify, tc }
  if (justify.view === 0) return { ...standing, justify: { ...justify, blockHash: keccak256Hash(utf8('ghost root')) } }
  const { epoch, view, blockHash, justifyView, signatures } = justify
  const [first, ...rest] = tc?.entries ?? []
  if (tc === null || first === undefined) {
    const signature = liar.sign({ kind: 'vote', epoch, view, blockHash, justifyView })
    return { ...standing, justify: { ...justify, signatures: signatures.map(() => signature) } }
  }
  const signature = liar.sign({ kind: 'timeout', epoch, view: tc.view, highQcView: first.highQcView })
  return { ...standing, tc: { ...tc, entries: [{ ...first, signature }, ...rest] } }
}
