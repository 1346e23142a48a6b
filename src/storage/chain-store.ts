/**
 * The final chain as it is read and extended: bodies and certificates in the journal, everything
 * derived from them in the key-value store, one atomic batch a block (docs/ledger.md, "State on disk").
 */
import { EMPTY_BYTES } from '../base/bytes.ts'
import { defined, invariant } from '../base/invariant.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { decodeRlp } from '../codec/rlp.ts'
import { decodeTransaction } from '../crypto/transaction-codec.ts'
import type { StateChanges, StateSource } from '../ledger/state-source.ts'
import { readValidatorItems } from '../ledger/system/validator-records.ts'
import { WorldState } from '../ledger/world-state.ts'
import type { Block } from '../types/block.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { EpochEndProof, FinalityProof } from '../types/finality.ts'
import { type Header, readHeader } from '../types/header.ts'
import { type Address, type Epoch, type Hash, type Height, idBytes } from '../types/ids.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import type { Validator } from '../types/validator-set.ts'
import { HISTORY_FROM } from './begin-store.ts'
import { blockCache } from './block-cache.ts'
import { blockOperations, finalityOperations, validatorsOperation } from './block-operations.ts'
import { decodeReceipts } from './final-records.ts'
import type { Journal } from './journal/journal.ts'
import { decodePosition, type JournalPosition, laterOf } from './journal/position.ts'
import { BLOCK_RECORD, COMMIT_RECORD, decodeBlockRecord, decodeCommitRecord } from './journal-records.ts'
import type { KeyValueOperation, KeyValueStore } from './key-value-store.ts'
import {
  ADDRESS_INDEX,
  BLOCK_POSITIONS,
  EPOCH_ENDS,
  FINALITY_POSITIONS,
  HEADERS,
  HEIGHTS_BY_HASH,
  RECEIPTS,
  TRANSACTION_LOOKUP,
  VALIDATOR_SETS,
} from './keyspaces.ts'
import { decodeSentinel, SENTINEL, STORE_SCHEMA, sentinelValue } from './sentinel.ts'
import { StateStore } from './state-store.ts'
import { type DamageCode, StorageFailure } from './storage-failure.ts'

export interface TransactionLocation {
  readonly height: Height
  readonly index: number
}

/** A block on its way into the store. */
export interface AppliedBlock {
  readonly final: FinalBlock
  readonly position: JournalPosition
  readonly finalityPosition: JournalPosition | null
  readonly changes: StateChanges
  /** Of the next epoch, in the order of their set; null for a block that ends none. */
  readonly nextValidators: readonly Validator[] | null
}

export interface StoreParts {
  readonly store: KeyValueStore
  readonly journal: Journal
  readonly genesis: Block
  /** Told of damage before whoever reads is, who may go on without what is damaged. */
  readonly onFailure: (failure: StorageFailure) => void
}

export interface StoreTip {
  readonly height: Height
  readonly hash: Hash
  /** Null for genesis. */
  readonly position: JournalPosition | null
  /** The last record of the journal that the store rests on: the block's, or its finality's. Null for genesis. */
  readonly reliedOn: JournalPosition | null
}

/** BOUND: how long the state at an epoch's end is kept, be the epochs behind it ever so long. */
const PINNED_BLOCKS_MAX = 4_096

export class ChainStore {
  readonly #store: KeyValueStore
  readonly #journal: Journal
  readonly #genesis: Block
  readonly #onFailure: StoreParts['onFailure']
  readonly #state: StateStore
  readonly #blocks = blockCache()
  #tip: Header
  #tipHash: Hash

  private constructor({ store, journal, genesis, onFailure }: StoreParts, tip: Header, tipHash: Hash) {
    this.#store = store
    this.#journal = journal
    this.#genesis = genesis
    this.#onFailure = onFailure
    this.#state = new StateStore(store)
    this.#tip = tip
    this.#tipHash = tipHash
  }

  /** The newest block that the store has applied and where the journal holds it; undefined in an empty store. */
  static readTip(store: KeyValueStore): StoreTip | undefined {
    const value = store.get(SENTINEL)
    if (value === undefined) return undefined
    const { height, blockHash } = decodeSentinel(value)
    const position = positionIn(store, BLOCK_POSITIONS.key(height))
    const reliedOn = laterOf(position, positionIn(store, FINALITY_POSITIONS.key(height)))
    return { height, hash: blockHash, position, reliedOn }
  }

  static open(
    parts: StoreParts,
  ): Result<
    ChainStore,
    Rejection<'storeEmpty' | 'storeSchema' | 'storeOtherGenesis' | 'storeDamaged' | 'journalShort'>
  > {
    const { store, genesis } = parts
    const value = store.get(SENTINEL)
    if (value === undefined) return err(rejection('storeEmpty', 'the database has no sentinel'))
    const sentinel = decodeSentinel(value)
    if (sentinel.schema !== STORE_SCHEMA)
      return err(rejection('storeSchema', `the database has schema ${sentinel.schema}, this program ${STORE_SCHEMA}`))
    if (sentinel.genesisHash !== genesis.hash)
      return err(rejection('storeOtherGenesis', `the database belongs to the network ${sentinel.genesisHash}`))
    const header = store.get(HEADERS.key(sentinel.height))
    if (header === undefined) return err(rejection('storeDamaged', `the database has no header ${sentinel.height}`))
    const chain = new ChainStore(parts, readHeader(decodeRlp(header)), sentinel.blockHash)
    if (chain.#isBacked()) return ok(chain)
    const lost = `the journal has lost block ${sentinel.height}, which the state has applied: remove both`
    return err(rejection('journalShort', lost))
  }

  /**
   * Whether the journal still holds what the tip came from. It was synced before the state was written; where it is
   * gone, what is appended next would come to lie where the state looks for other records.
   */
  #isBacked(): boolean {
    const height = this.#tip.height
    if (height === 0) return true
    const block = this.#recordAt(BLOCK_POSITIONS.key(height), BLOCK_RECORD)
    if (block === undefined || decodeBlockRecord(block).hash !== this.#tipHash) return false
    const finality = FINALITY_POSITIONS.key(height)
    return this.#store.get(finality) === undefined || this.#recordAt(finality, COMMIT_RECORD) !== undefined
  }

  #recordAt(key: Uint8Array, type: number): Uint8Array | undefined {
    const position = positionIn(this.#store, key)
    const record = position === null ? undefined : this.#journal.read(position)
    return record?.ok === true && record.value.type === type ? record.value.payload : undefined
  }

  get genesisHash(): Hash {
    return this.#genesis.hash
  }

  get tip(): { readonly hash: Hash; readonly header: Header } {
    return { hash: this.#tipHash, header: this.#tip }
  }

  /** Bytes on their way to the disk. */
  get pendingBytes(): number {
    return this.#store.pendingBytes
  }

  /** The journal holds block and certificate durably already; this makes them readable, all at once. */
  apply(applied: AppliedBlock): void {
    const { final, position, finalityPosition, changes, nextValidators } = applied
    const { hash, header } = final.block
    invariant(header.height === this.#tip.height + 1 && header.parentHash === this.#tipHash, 'the chain has no gap')
    const { height } = header
    const operations: KeyValueOperation[] = [
      ...this.#state.operations(height, changes),
      ...blockOperations(final, position),
      ...(finalityPosition === null ? [] : finalityOperations(header, finalityPosition)),
    ]
    if (nextValidators !== null) operations.push(validatorsOperation(nextValidators))
    operations.push({ type: 'put', key: SENTINEL, value: sentinelValue(this.genesisHash, height, hash) })
    this.#store.write(operations)
    this.#blocks.set(height, final)
    this.#tip = header
    this.#tipHash = hash
  }

  header(height: Height): Header | undefined {
    const bytes = height > this.#tip.height ? undefined : this.#store.get(HEADERS.key(height))
    return bytes === undefined ? undefined : readHeader(decodeRlp(bytes))
  }

  heightOf(hash: Hash): Height | undefined {
    const value = this.#store.get(HEIGHTS_BY_HASH.key(idBytes(hash)))
    return value === undefined ? undefined : HEADERS.parts(value)[0]
  }

  /** The block as it was proposed. */
  block(height: Height): Block | undefined {
    if (height === 0) return this.#genesis
    return this.#blocks.get(height)?.block ?? this.#readBlock(height)
  }

  /** What made exactly this block final; null when a descendant's proof did. */
  finality(height: Height): FinalityProof | null {
    const cached = this.#blocks.get(height)
    if (cached !== undefined) return cached.finality
    const position = positionIn(this.#store, FINALITY_POSITIONS.key(height))
    return position === null ? null : decodeCommitRecord(this.#readRecord(position))
  }

  /** Undefined while the epoch has not ended here, and for those before the first. */
  epochEnd(epoch: Epoch): EpochEndProof | undefined {
    const height = this.#endHeight(epoch)
    if (height === undefined) return undefined
    const header = this.#kept(this.header(height), `the header of block ${height}`)
    const finality = this.finality(height)
    return finality === null ? undefined : { header, finality }
  }

  /** Of the newest epoch that has ended; undefined in the first. */
  get newestEnd(): EpochEndProof | undefined {
    return this.epochEnd(this.#epochsEnded)
  }

  /** By the hash that headers name them by; in the order of their set. */
  validators(validatorsHash: Hash): readonly Validator[] | undefined {
    const value = this.#store.get(VALIDATOR_SETS.key(idBytes(validatorsHash)))
    return value === undefined ? undefined : readValidatorItems(decodeRlp(value))
  }

  finalBlock(height: Height): FinalBlock | undefined {
    if (height < 0 || height > this.#tip.height) return undefined
    const cached = this.#blocks.get(height)
    if (cached !== undefined) return cached
    const block = this.block(height)
    if (block === undefined) return undefined
    const kept = decodeReceipts(this.#kept(this.#store.get(RECEIPTS.key(height)), `the receipts of block ${height}`))
    const final: FinalBlock = {
      block,
      transactions: block.transactions.map((envelope, index) =>
        withKnownSender(envelope, defined(kept[index], 'a receipt').sender),
      ),
      receipts: kept.map(({ receipt }) => receipt),
      finality: this.finality(height),
    }
    this.#blocks.set(height, final)
    return final
  }

  /** As they are kept (final-records.ts), with the senders. */
  keptReceipts(height: Height): Uint8Array | undefined {
    return this.#store.get(RECEIPTS.key(height))
  }

  transactionLocation(hash: Hash): TransactionLocation | undefined {
    const value = this.#store.get(TRANSACTION_LOOKUP.key(idBytes(hash)))
    if (value === undefined) return undefined
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
    return { height: Number(view.getBigUint64(0)), index: view.getUint32(8) }
  }

  /** Transactions that an address sent, received, or has a log of, from the lowest height to the one before `end`. */
  async *addressHistory(
    address: Address,
    heights: { readonly start: Height; readonly end: Height },
    newestFirst: boolean,
  ): AsyncGenerator<TransactionLocation, void> {
    const bytes = idBytes(address)
    const gte = ADDRESS_INDEX.key(bytes, heights.start, 0)
    const lt = ADDRESS_INDEX.key(bytes, heights.end, 0)
    for await (const [key] of this.#store.entries({ gte, lt, reverse: newestFirst })) {
      const [, height, index] = ADDRESS_INDEX.parts(key)
      yield { height, index }
    }
  }

  /** The state after a block; reading what was pruned throws the trie's MissingNodeError. */
  stateAt(height: Height): WorldState | undefined {
    const header = this.header(height)
    return header === undefined ? undefined : WorldState.at(header.stateRoot, this.#state)
  }

  /** The state after the tip, which is always here. */
  get tipState(): WorldState {
    return WorldState.at(this.#tip.stateRoot, this.#state)
  }

  /** The first block behind genesis that is here: later than block 1 where the chain began with a snapshot. */
  get historyFrom(): Height {
    const value = this.#store.get(HISTORY_FROM)
    return value === undefined ? 1 : HEADERS.parts(value)[0]
  }

  /** What states are read from. */
  get stateSource(): StateSource {
    return this.#state
  }

  /** An encoded node of the trie of accounts, of any state that is kept. */
  accountNode(path: Uint8Array, hash: Uint8Array): Uint8Array | undefined {
    return this.#state.node(EMPTY_BYTES, path, hash)
  }

  /**
   * Frees what only old states need, in slices: those before the last `blocks`, and before the state in which the
   * last epoch but one ended, which newcomers fetch (docs/ledger.md, "State on disk").
   */
  prune(blocks: number): Generator<void, void> {
    const tip = this.#tip.height
    // The heights alone: this is done with every block, and the proofs are in the journal.
    const pinned = this.#endHeight(this.#epochsEnded - 1) ?? this.#endHeight(this.#epochsEnded) ?? tip
    const target = Math.min(tip - blocks, pinned)
    return this.#state.pruneTo(Math.max(target, tip - PINNED_BLOCKS_MAX), this.historyFrom)
  }

  #endHeight(epoch: Epoch): Height | undefined {
    const value = epoch < 0 ? undefined : this.#store.get(EPOCH_ENDS.key(epoch))
    return value === undefined ? undefined : HEADERS.parts(value)[0]
  }

  get #epochsEnded(): Epoch {
    const { epoch, end } = this.#tip.consensus
    return end ? epoch : epoch - 1
  }

  #readBlock(height: Height): Block | undefined {
    const position = positionIn(this.#store, BLOCK_POSITIONS.key(height))
    return position === null ? undefined : decodeBlockRecord(this.#readRecord(position))
  }

  #readRecord(position: JournalPosition): Uint8Array {
    const record = this.#journal.read(position)
    return record.ok ? record.value.payload : this.#fail('JOURNAL_CORRUPT', record.error.message)
  }

  #kept<T>(value: T | undefined, what: string): T {
    return value ?? this.#fail('DATABASE_CORRUPT', `the database has lost ${what}`)
  }

  /** DURABILITY: what was synced is not what is there: the disk has failed. */
  #fail(code: DamageCode, message: string): never {
    const failure = new StorageFailure(code, message)
    this.#onFailure(failure)
    throw failure
  }
}

function withKnownSender(envelope: Uint8Array, sender: Address): SignedTransaction {
  const decoded = decodeTransaction(envelope)
  invariant(decoded.ok && decoded.value.to !== null, 'a final transaction decodes')
  return { ...decoded.value, to: decoded.value.to, sender }
}

function positionIn(store: KeyValueStore, key: Uint8Array): JournalPosition | null {
  const bytes = store.get(key)
  return bytes === undefined ? null : decodePosition(bytes)
}
