/**
 * Checks consensus signatures, each at most once: a QC is made of votes that were mostly seen
 * already. Remembered is the exact signature that held for a statement and signer, never that a
 * certificate was good (docs/consensus.md, "What is valid").
 */
import { BoundedMap } from '../base/bounded.ts'
import { bytesEqual } from '../base/bytes.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { SignatureVerifier } from '../crypto/signature-verifier.ts'
import { StatementDigests } from '../crypto/statement-digests.ts'
import type { Epoch, Hash } from '../types/ids.ts'
import { type Statement, statementName } from '../types/signing-domain.ts'
import type { ValidatorSet } from '../types/validator-set.ts'

/** BOUND: a few hundred views of a large set. */
const CHECKS_REMEMBERED_MAX = 16_384

export class SignatureChecker {
  readonly #validators: ValidatorSet
  readonly #verifier: SignatureVerifier
  readonly #digests: StatementDigests
  readonly #good = new BoundedMap<string, Uint8Array>(CHECKS_REMEMBERED_MAX)

  constructor(genesisHash: Hash, validators: ValidatorSet, verifier: SignatureVerifier) {
    this.#digests = new StatementDigests(genesisHash)
    this.#validators = validators
    this.#verifier = verifier
  }

  get epoch(): Epoch {
    return this.#validators.epoch
  }

  isValid(statement: Statement, signer: number, signature: Uint8Array): boolean {
    const validator = this.#validators.at(signer)
    const mayBeAny = __CANARIES__ && isPlanted('certificate-epoch-unchecked')
    if (validator === undefined || (statement.epoch !== this.#validators.epoch && !mayBeAny)) return false
    const what = statementName(statement)
    const key = `${signer}:${what}`
    const known = this.#good.get(key)
    if (known !== undefined && bytesEqual(known, signature)) return true
    if (!this.#verifier.verify(this.#digests.of(statement, what), signature, validator.consensusKey)) return false
    // A copy: the signature is a view of its message, which for a proposal is a megabyte.
    this.#good.set(key, signature.slice())
    return true
  }
}
