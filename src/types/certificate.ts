/**
 * What validators sign and what a quorum of signatures makes of it (docs/consensus.md, "What is signed").
 * A signature is 64 bytes r‖s; the signer is its index in the validator set of the epoch.
 */
import type { Epoch, Hash, View } from './ids.ts'
import type { SignerBitmap } from './signer-bitmap.ts'

export interface Vote {
  readonly epoch: Epoch
  readonly view: View
  readonly blockHash: Hash
  /** View of the block's justify: makes evidence of a hidden lock self-contained. */
  readonly justifyView: View
  readonly signer: number
  readonly signature: Uint8Array
}

export interface CommitVote {
  readonly epoch: Epoch
  readonly view: View
  readonly blockHash: Hash
  readonly signer: number
  readonly signature: Uint8Array
}

export interface Timeout {
  readonly epoch: Epoch
  readonly view: View
  /** View of the signer's highest QC. */
  readonly highQcView: View
  readonly signer: number
  readonly signature: Uint8Array
}

/** At least q distinct votes for one block in one view. View 0 is the root: no signatures, valid by its hash. */
export interface QuorumCertificate {
  readonly epoch: Epoch
  readonly view: View
  readonly blockHash: Hash
  readonly justifyView: View
  readonly bitmap: SignerBitmap
  /** One for each bit of the bitmap, ascending. */
  readonly signatures: readonly Uint8Array[]
}

/** At least q distinct commit votes: the block and its ancestors are final. */
export interface CommitCertificate {
  readonly epoch: Epoch
  readonly view: View
  readonly blockHash: Hash
  readonly bitmap: SignerBitmap
  readonly signatures: readonly Uint8Array[]
}

export interface TimeoutEntry {
  readonly signer: number
  readonly highQcView: View
  readonly signature: Uint8Array
}

/** At least q distinct timeouts of one view, with the highest QC any of them names. */
export interface TimeoutCertificate {
  readonly epoch: Epoch
  readonly view: View
  /** Ascending by signer. */
  readonly entries: readonly TimeoutEntry[]
  readonly highQc: QuorumCertificate
}

/** The certificate every epoch begins with: its last epoch's final block, or genesis. */
export function rootQc(epoch: Epoch, blockHash: Hash): QuorumCertificate {
  return { epoch, view: 0, blockHash, justifyView: 0, bitmap: new Uint8Array(0), signatures: [] }
}
