/** The consensus keys of one node, each with its signing record, on the disk that the node has for them. */
import { bytesEqual } from '../../base/bytes.ts'
import type { Rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { possessionDigest } from '../../crypto/digests.ts'
import type { WordReader } from '../../ledger/storage-words.ts'
import { systemWordsIn } from '../../ledger/system/state-records.ts'
import { readKeyOwner } from '../../ledger/system/validator-records.ts'
import { type EpochReader, epochAtTip } from '../../replica/epoch-context.ts'
import { type OpenedChain, openSigning } from '../../replica/open-replica.ts'
import type { OwnKey } from '../../replica/own-key.ts'
import { isRetired } from '../../replica/retired-key.ts'
import type { SyncDone } from '../../storage/file-port.ts'
import { SigningRecord } from '../../storage/signing-record.ts'
import { rootQc } from '../../types/certificate.ts'
import { type Address, idBytes } from '../../types/ids.ts'
import {
  decodeSafetyRecord,
  encodeSafetyRecord,
  freshSafetyRecord,
  type SafetyRecord,
} from '../../types/safety-record.ts'
import type { SimulatedGenesis } from '../simulated-genesis.ts'
import type { Identity, SimulatedCrypto } from './simulated-crypto.ts'
import type { SimulatedDisk } from './simulated-disk.ts'

/** See storage/signing-record.ts. */
const COPY_HEAD_BYTES = 54
const COPY_CHECKSUM_BYTES = 4

/** A key, with the proof that its node has it and whose it is to be. */
export interface ProvenKey {
  readonly publicKey: Uint8Array
  readonly proof: Uint8Array
}

interface KeyOnDisk {
  readonly identity: Identity
  readonly file: string
}

export interface KeySurroundings {
  readonly disk: SimulatedDisk
  readonly genesis: SimulatedGenesis
  readonly crypto: SimulatedCrypto
  /** Its first, whose address is its id. */
  readonly identity: Identity
  readonly beforeSigning: (digest: Uint8Array, key: Identity) => void
}

export class SimulatedKeys {
  readonly #surroundings: KeySurroundings
  /** With their records on disk, in the order in which they were made. */
  readonly #made: KeyOnDisk[] = []
  /** Those that are opened in this life. */
  #held: OwnKey[] = []
  #files = 0
  /** Of the statement that is being made. */
  #signing: KeyOnDisk | null = null
  /** Of each key, as it was read last. */
  readonly readRecords = new Map<Address, SafetyRecord>()
  /** What was decoded last of a signing record. */
  #durable: { readonly copy: Uint8Array; readonly record: SafetyRecord } | null = null

  constructor(surroundings: KeySurroundings) {
    this.#surroundings = surroundings
    this.#made.push(this.#create(surroundings.identity, () => undefined))
    surroundings.disk.settle()
  }

  get held(): readonly OwnKey[] {
    return this.#held
  }

  get publicKeys(): readonly Uint8Array[] {
    return this.#held.map(({ publicKey }) => publicKey)
  }

  /** What the key that signs may rely on having promised: the payload of the last record of it that reached the disk in this life. */
  get durableRecord(): SafetyRecord | null {
    const copy = this.#signing === null ? null : this.#surroundings.disk.lastSynced(this.#signing.file)
    if (copy === null) return null
    if (this.#durable?.copy !== copy)
      this.#durable = { copy, record: decodeSafetyRecord(copy.subarray(COPY_HEAD_BYTES, -COPY_CHECKSUM_BYTES)) }
    return this.#durable.record
  }

  /** As node/key-ring.ts does it. */
  open(chain: OpenedChain, epochs: EpochReader): Result<true, Rejection> {
    this.#held = []
    this.readRecords.clear()
    const words = systemWordsIn(chain.store.tipState)
    for (const key of this.#made) {
      if (isRetired(words, key.identity.publicKey)) continue
      const opened = this.#hold(key, chain, epochs)
      if (!opened.ok) return opened
    }
    return ok(true)
  }

  /**
   * A key for a rotation: one that was made before and is nobody's yet, or a new one. `done` hears of it when it
   * and its record are on disk, and it is held.
   */
  next(words: WordReader, chain: OpenedChain, epochs: EpochReader, done: (key: ProvenKey) => void): void {
    const spare = this.#made.find(({ identity }) => readKeyOwner(words, identity.address) === undefined)
    if (spare !== undefined) {
      done(this.proven(spare.identity.publicKey, this.#surroundings.identity.address))
      return
    }
    const { crypto, identity: first } = this.#surroundings
    const identity = crypto.identity(`key ${this.#files} of ${first.address}`)
    const key = this.#create(identity, (failure) => {
      // One that a crash takes back nobody has heard of.
      if (failure !== undefined) return
      this.#made.push(key)
      if (this.#hold(key, chain, epochs).ok) done(this.proven(identity.publicKey, first.address))
    })
  }

  /** Of a key that this node has made; for an addition, the owner is the key's own address. */
  proven(publicKey: Uint8Array, owner: Address): ProvenKey {
    const { genesis, identity } = this.#surroundings
    const made = this.#made.find((key) => bytesEqual(key.identity.publicKey, publicKey))
    const { signer } = made?.identity ?? identity
    const { signature } = signer.sign(possessionDigest(genesis.block.block.hash, signer.publicKey, owner))
    return { publicKey: signer.publicKey, proof: signature }
  }

  #hold(key: KeyOnDisk, chain: OpenedChain, epochs: EpochReader): Result<true, Rejection> {
    const { disk, beforeSigning } = this.#surroundings
    const { identity, file } = key
    const { publicKey, signer } = identity
    const context = epochAtTip(chain.store, { ...epochs, consensusKeys: () => [publicKey] })
    const signing = openSigning(disk, file, chain, context)
    if (!signing.ok) return err(signing.error)
    this.readRecords.set(identity.address, decodeSafetyRecord(signing.value.payload))
    const sign = (digest: Uint8Array): Uint8Array => {
      this.#signing = key
      beforeSigning(digest, identity)
      return signer.sign(digest).signature
    }
    this.#held.push({ publicKey, signer: { sign }, callSigner: signer, signingRecord: signing.value })
    return ok(true)
  }

  #create(identity: Identity, done: SyncDone): KeyOnDisk {
    const { disk, genesis } = this.#surroundings
    const { hash } = genesis.block.block
    const { epoch } = genesis.validators
    const payload = encodeSafetyRecord(freshSafetyRecord(epoch, rootQc(epoch, hash)))
    this.#files += 1
    const file = `consensus-${this.#files}.key.signing`
    SigningRecord.create(disk, file, idBytes(hash), payload, done)
    return { identity, file }
  }
}
