/** A commit certificate, so that others can check it: who signed is a bitmap over the validators of its epoch. */
import type { CommitCertificate } from '../../types/certificate.ts'
import { data } from './encoding.ts'

export function commitCertificateJson({ epoch, view, blockHash, bitmap, signatures }: CommitCertificate) {
  return { epoch, view, blockHash, bitmap: data(bitmap), signatures: signatures.map(data) }
}
