/** Sends timeout certificates that are none: made up, or real ones with a lower QC put in, or one that does not exist (scenarios 6 and 7). */
import { utf8 } from '../../base/bytes.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import type { QuorumCertificate, TimeoutCertificate } from '../../types/certificate.ts'
import { messageStrategy } from '../strategy.ts'

export const forgeTc = messageStrategy((liar) => {
  let old: QuorumCertificate | null = null
  const forged = (tc: TimeoutCertificate | null, highQc: QuorumCertificate): TimeoutCertificate => {
    old ??= highQc
    const ghost = { ...highQc, blockHash: keccak256Hash(utf8(`ghost ${highQc.view}`)) }
    if (tc !== null) return { ...tc, highQc: liar.random.chance(0.5) ? old : { ...ghost, view: tc.highQc.view } }
    const { epoch, view } = highQc
    const entries = Array.from({ length: liar.validators.n }, (_, signer) => ({
      signer,
      highQcView: view,
      signature: liar.sign({ kind: 'timeout', epoch, view: view + 1, highQcView: view }),
    }))
    return { epoch, view: view + 1, entries, highQc }
  }
  return (message) => {
    if (message.kind !== 'certificates') return [message]
    const { highQc, tc } = message.bundle
    return [{ kind: 'certificates', bundle: { ...message.bundle, tc: forged(tc, highQc) } }]
  }
})
