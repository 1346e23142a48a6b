/** Digests of statements under one genesis, each computed once: all validators sign the same few of a view. */
import { BoundedMap } from '../base/bounded.ts'
import type { Hash } from '../types/ids.ts'
import { type Statement, statementName } from '../types/signing-domain.ts'
import { statementDigest } from './digests.ts'

/** BOUND: digests that are remembered. */
const DIGESTS_MAX = 64

export class StatementDigests {
  readonly #genesisHash: Hash
  readonly #digests = new BoundedMap<string, Uint8Array>(DIGESTS_MAX)

  constructor(genesisHash: Hash) {
    this.#genesisHash = genesisHash
  }

  /** The 32 bytes that a signature is made over; not to be written to. */
  of(statement: Statement, name = statementName(statement)): Uint8Array {
    const known = this.#digests.get(name)
    if (known !== undefined) return known
    const digest = statementDigest(this.#genesisHash, statement)
    this.#digests.set(name, digest)
    return digest
  }
}
