/** Shows the certificates of an epoch that is over to those of the next (scenario 11). */
import type { QuorumCertificate } from '../../types/certificate.ts'
import { messageStrategy } from '../strategy.ts'

export const replayEpochs = messageStrategy((liar) => {
  /** The highest of the running epoch, and of the one before. */
  let highest: QuorumCertificate | null = null
  let ended: QuorumCertificate | null = null
  return (message) => {
    const { highQc } = liar.node.replica?.core ?? {}
    if (highQc !== undefined && highQc !== highest) {
      if (highest !== null && highQc.epoch > highest.epoch) ended = highest
      highest = highQc
    }
    if (message.kind !== 'vote' || ended === null) return [message]
    const { epoch } = message.vote
    return [message, { kind: 'certificates', bundle: { epoch, highQc: ended, tc: null, commitCertificate: null } }]
  }
})
