/** A key of this node, as a replica uses it. */
import type { Signer } from '../crypto/secp256k1.ts'
import type { SigningRecord } from '../storage/signing-record.ts'

/** The signature is 64 bytes, low-s, and the same each time for the same digest. */
export interface StatementSigner {
  sign(digest: Uint8Array): Uint8Array
}

/** A consensus key, and what it has signed: a key never signs by the record of another. */
export interface OwnKey {
  /** 33 bytes. */
  readonly publicKey: Uint8Array
  readonly signer: StatementSigner
  /** Signs transactions with the same key, and nothing else. */
  readonly callSigner: Signer
  readonly signingRecord: SigningRecord
}
