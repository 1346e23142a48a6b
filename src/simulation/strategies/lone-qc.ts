/** Certifies blocks by its own vote alone. */
import { bitmapOf } from '../../types/signer-bitmap.ts'
import { messageStrategy } from '../strategy.ts'

export const loneQc = messageStrategy((liar) => (message) => {
  if (message.kind !== 'vote') return [message]
  const { epoch, view, blockHash, justifyView, signature } = message.vote
  const bitmap = bitmapOf([liar.self], liar.validators.n)
  const highQc = { epoch, view, blockHash, justifyView, bitmap, signatures: [signature] }
  return [message, { kind: 'certificates', bundle: { epoch, highQc, tc: null, commitCertificate: null } }]
})
