/** Claims certificates that do not exist: the highest QC moved to later views, or to a block that nobody knows. */
import { utf8 } from '../../base/bytes.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import type { QuorumCertificate } from '../../types/certificate.ts'
import { messageStrategy } from '../strategy.ts'

export const lieHigh = messageStrategy((liar) => {
  const inflate = (qc: QuorumCertificate): QuorumCertificate =>
    liar.random.chance(0.5)
      ? { ...qc, view: qc.view + liar.random.pick([1, 100, 2 ** 40]) }
      : { ...qc, blockHash: keccak256Hash(utf8(`ghost ${qc.view}`)) }
  return (message) => {
    if (message.kind === 'certificates')
      return [{ kind: 'certificates', bundle: { ...message.bundle, highQc: inflate(message.bundle.highQc) } }]
    if (message.kind !== 'timeout') return [message]
    const highQc = inflate(message.message.highQc)
    const { epoch, view } = message.message.timeout
    const signature = liar.sign({ kind: 'timeout', epoch, view, highQcView: highQc.view })
    const timeout = { ...message.message.timeout, highQcView: highQc.view, signature }
    return [{ kind: 'timeout', message: { ...message.message, timeout, highQc } }]
  }
})
