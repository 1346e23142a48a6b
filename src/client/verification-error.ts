/** A server's answer does not hold. `code` says which lie it was. */
export type VerificationCode =
  | 'malformed'
  | 'wrongGenesis'
  | 'wrongValidators'
  | 'wrongBlock'
  | 'badCertificate'
  | 'otherEpoch'
  | 'badProof'
  | 'wrongAnswer'
  | 'staleHead'
  | 'noAgreement'

export class VerificationError extends Error {
  override readonly name = 'VerificationError'
  readonly code: VerificationCode

  constructor(code: VerificationCode, message: string) {
    super(message)
    this.code = code
  }
}
