/** Hides the highest QC that it knows: timeouts promise an old one, certificates are never news. */
import type { QuorumCertificate } from '../../types/certificate.ts'
import { messageStrategy } from '../strategy.ts'

export const lieLow = messageStrategy((liar) => {
  let old: QuorumCertificate | null = null
  return (message) => {
    if (message.kind === 'certificates') {
      old ??= message.bundle.highQc
      return [{ kind: 'certificates', bundle: { ...message.bundle, highQc: old, commitCertificate: null } }]
    }
    if (message.kind !== 'timeout' || old === null) return [message]
    const { timeout, tc } = message.message
    // A timeout must prove its view: by the QC of the view before or by a TC.
    if (tc === null) return [message]
    const { epoch, view } = timeout
    const signature = liar.sign({ kind: 'timeout', epoch, view, highQcView: old.view })
    const lied = { ...timeout, highQcView: old.view, signature }
    return [{ kind: 'timeout', message: { ...message.message, timeout: lied, highQc: old } }]
  }
})
