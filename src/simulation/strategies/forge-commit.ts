/** Calls final what it has only voted for: a CommitQC whose signatures are all its own. */
import { bitmapOf } from '../../types/signer-bitmap.ts'
import { messageStrategy } from '../strategy.ts'

export const forgeCommit = messageStrategy((liar) => (message) => {
  const highQc = liar.node.replica?.core.highQc
  if (message.kind !== 'vote' || highQc === undefined) return [message]
  const { epoch, view, blockHash } = message.vote
  const signature = liar.sign({ kind: 'commit', epoch, view, blockHash })
  const signers = Array.from({ length: liar.validators.quorum }, (_, index) => index)
  const commitCertificate = {
    epoch,
    view,
    blockHash,
    bitmap: bitmapOf(signers, liar.validators.n),
    signatures: signers.map(() => signature),
  }
  return [message, { kind: 'certificates', bundle: { epoch, highQc, tc: null, commitCertificate } }]
})
