/** Pads certificates: the same signatures twice, or a signer named who did not sign. */
import type { QuorumCertificate } from '../../types/certificate.ts'
import { messageStrategy } from '../strategy.ts'

export const duplicateSigners = messageStrategy((liar) => {
  const pad = (qc: QuorumCertificate): QuorumCertificate => {
    const first = qc.signatures[0]
    if (first === undefined) return qc
    const later = { ...qc, view: qc.view + 1 }
    const bitmap = qc.bitmap.map((_, index) => (index === 0 ? (1 << Math.min(8, liar.validators.n)) - 1 : 0xff))
    return { ...later, bitmap, signatures: Array.from({ length: liar.validators.n }, () => first) }
  }
  return (message) =>
    message.kind === 'certificates'
      ? [{ kind: 'certificates', bundle: { ...message.bundle, highQc: pad(message.bundle.highQc) } }]
      : [message]
})
