/** The consensus key of one node, with its signing record on the disk that the node has for it. */
import type { Rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type EpochReader, epochAtTip } from '../replica/epoch-context.ts'
import { type OpenedChain, openSigning } from '../replica/open-replica.ts'
import type { OwnKey } from '../replica/own-key.ts'
import type { SyncDone } from '../storage/file-port.ts'
import { SigningRecord } from '../storage/signing-record.ts'
import { rootQc } from '../types/certificate.ts'
import { idBytes } from '../types/ids.ts'
import { decodeSafetyRecord, encodeSafetyRecord, freshSafetyRecord, type SafetyRecord } from '../types/safety-record.ts'
import type { Identity } from './simulated-crypto.ts'
import type { SimulatedDisk } from './simulated-disk.ts'
import type { SimulatedGenesis } from './simulated-genesis.ts'

/** See storage/signing-record.ts. */
const COPY_HEAD_BYTES = 54
const COPY_CHECKSUM_BYTES = 4
const FILE = 'consensus.key.signing'

export class SimulatedKeys {
  readonly #disk: SimulatedDisk
  readonly #genesis: SimulatedGenesis
  readonly #identity: Identity
  readonly #beforeSigning: (digest: Uint8Array) => void
  /** As it was read last. */
  readRecord: SafetyRecord | null = null
  /** What was decoded last of its signing record. */
  #durable: { readonly copy: Uint8Array; readonly record: SafetyRecord } | null = null

  constructor(
    disk: SimulatedDisk,
    genesis: SimulatedGenesis,
    identity: Identity,
    beforeSigning: (digest: Uint8Array) => void,
  ) {
    this.#disk = disk
    this.#genesis = genesis
    this.#identity = identity
    this.#beforeSigning = beforeSigning
    const ignored: SyncDone = () => undefined
    this.#create(ignored)
    disk.settle()
  }

  get publicKeys(): readonly Uint8Array[] {
    return [this.#identity.publicKey]
  }

  /** What its key may rely on having promised: the payload of the last signing record that reached the disk in this life. */
  get durableRecord(): SafetyRecord | null {
    const copy = this.#disk.lastSynced(FILE)
    if (copy === null) return null
    if (this.#durable?.copy !== copy)
      this.#durable = { copy, record: decodeSafetyRecord(copy.subarray(COPY_HEAD_BYTES, -COPY_CHECKSUM_BYTES)) }
    return this.#durable.record
  }

  open(chain: OpenedChain, epochs: EpochReader): Result<readonly OwnKey[], Rejection> {
    const { signer, publicKey } = this.#identity
    const signing = openSigning(this.#disk, FILE, chain, epochAtTip(chain.store, epochs))
    if (!signing.ok) return err(signing.error)
    this.readRecord = decodeSafetyRecord(signing.value.payload)
    const sign = (digest: Uint8Array): Uint8Array => {
      this.#beforeSigning(digest)
      return signer.sign(digest).signature
    }
    return ok([{ publicKey, signer: { sign }, callSigner: signer, signingRecord: signing.value }])
  }

  #create(done: SyncDone): void {
    const { hash } = this.#genesis.block.block
    const { epoch } = this.#genesis.validators
    const payload = encodeSafetyRecord(freshSafetyRecord(epoch, rootQc(epoch, hash)))
    SigningRecord.create(this.#disk, FILE, idBytes(hash), payload, done)
  }
}
