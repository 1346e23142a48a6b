/** The node as its users see it: reads from the final chain, writes into the pool. */
import { defined } from '../base/invariant.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Effect } from '../consensus/effects.ts'
import { hashHeader } from '../crypto/digests.ts'
import { encodeBlock } from '../ledger/block-encoding.ts'
import { simulateCall } from '../ledger/simulate-call.ts'
import { readParameters } from '../ledger/system/parameters.ts'
import { systemWordsIn } from '../ledger/system/state-records.ts'
import { readValidatorRecord, type ValidatorRecord } from '../ledger/system/validator-records.ts'
import type { WorldState } from '../ledger/world-state.ts'
import type { GossipVerdict } from '../network/port.ts'
import type { HeldEvidence } from '../replica/governance/evidence-desk.ts'
import type { ReplicaConfig } from '../replica/replica-config.ts'
import type { FinalBlock as StoredBlock } from '../types/final-block.ts'
import type { EpochEndProof } from '../types/finality.ts'
import { type Address, type Epoch, type Hash, type Height, ZERO_ADDRESS } from '../types/ids.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import type { Validator } from '../types/validator-set.ts'
import { bftStatus, type StatusParts } from './bft-status.ts'
import { searchLogs } from './log-search.ts'
import type {
  BftStatus,
  Breathe,
  CallOutcome,
  CallRequest,
  EvidenceView,
  FinalBlock,
  FinalHeader,
  LocatedLog,
  LogFilter,
  NodeApi,
  NodeEvents,
  PoolStatus,
  StateView,
  SyncProgress,
  TransactionLocation,
} from './node-api.ts'

export interface ReplicaApiParts extends StatusParts {
  readonly config: ReplicaConfig
  readonly clientVersion: string
}

/** States that may be asked for, the head's included (docs/ledger.md, "State on disk"). */
const STATE_WINDOW_BLOCKS = 256

export class ReplicaApi implements NodeApi {
  readonly chainId: number
  readonly genesisHash: Hash
  readonly clientVersion: string
  readonly stateWindowBlocks = STATE_WINDOW_BLOCKS
  readonly #parts: ReplicaApiParts
  readonly #listeners = new Set<NodeEvents>()
  readonly #views = new WeakMap<StoredBlock, FinalBlock>()

  constructor(parts: ReplicaApiParts) {
    this.#parts = parts
    this.chainId = parts.config.genesis.chainId
    this.genesisHash = parts.config.genesisHash
    this.clientVersion = parts.clientVersion
  }

  /** For the replica's observer: after the block can be read. */
  tellFinalBlock(final: StoredBlock): void {
    if (this.#listeners.size === 0) return
    const block = this.#viewOf(final)
    for (const listener of this.#listeners) listener.block?.(block)
  }

  tellPendingTransaction(transaction: SignedTransaction): void {
    for (const listener of this.#listeners) listener.pendingTransaction?.(transaction)
  }

  /** Of what the core asked for, the views that it entered. */
  tellViewChanges(effects: readonly Effect[]): void {
    if (this.#listeners.size === 0) return
    for (const effect of effects) {
      if (effect.kind !== 'viewEntered') continue
      const leader = defined(this.#parts.replica.epoch.validators.at(effect.leader), 'the leader of a view').address
      for (const listener of this.#listeners) listener.viewChange?.({ view: effect.view, by: effect.by, leader })
    }
  }

  tellEvidence(held: HeldEvidence): void {
    if (this.#listeners.size === 0) return
    for (const listener of this.#listeners) listener.evidence?.(evidenceView(held))
  }

  get historyFrom(): Height {
    return this.#parts.store.historyFrom
  }

  head(): FinalHeader {
    return this.#parts.store.tip
  }

  headerByHeight(height: Height): FinalHeader | undefined {
    // Of blocks before a snapshot only the ends of epochs have theirs here.
    if (height > 0 && height < this.historyFrom) return undefined
    const header = this.#parts.store.header(height)
    return header && { hash: hashHeader(header), header }
  }

  headerByHash(hash: Hash): FinalHeader | undefined {
    const height = this.#parts.store.heightOf(hash)
    return height === undefined ? undefined : this.headerByHeight(height)
  }

  blockByHeight(height: Height): FinalBlock | undefined {
    const final = this.#parts.store.finalBlock(height)
    return final === undefined ? undefined : this.#viewOf(final)
  }

  blockByHash(hash: Hash): FinalBlock | undefined {
    const height = this.#parts.store.heightOf(hash)
    return height === undefined ? undefined : this.blockByHeight(height)
  }

  transactionLocation(hash: Hash): TransactionLocation | undefined {
    return this.#parts.store.transactionLocation(hash)
  }

  addressHistory(
    address: Address,
    heights: { readonly start: Height; readonly end: Height },
    newestFirst: boolean,
  ): AsyncIterable<TransactionLocation> {
    return this.#parts.store.addressHistory(address, heights, newestFirst)
  }

  pooledTransaction(hash: Hash): SignedTransaction | undefined {
    return this.#parts.replica.pool.get(hash)
  }

  pooledTransactions(): readonly SignedTransaction[] {
    return this.#parts.replica.pool.all()
  }

  poolStatus(): PoolStatus {
    return this.#parts.replica.pool.stats()
  }

  pendingNonce(address: Address): number {
    return this.#parts.replica.pool.pendingNonce(address, this.#headState().account(address).nonce)
  }

  stateAt(height: Height): Result<StateView, Rejection<'statePruned' | 'unknownBlock'>> {
    const state = this.#worldState(height)
    return state.ok ? ok(stateView(height, state.value)) : state
  }

  call(height: Height, request: CallRequest): Result<CallOutcome, Rejection> {
    const state = this.#worldState(height)
    if (!state.ok) return state
    const { rules } = this.#parts.config
    const parent = defined(this.#parts.store.header(height), 'the header of a kept state')
    const { baseFeePerGas, gasLimit } = readParameters(systemWordsIn(state.value))
    const { epoch, end, timeMs } = parent.consensus
    const environment = {
      height: height + 1,
      timeMs: timeMs + 1,
      proposer: ZERO_ADDRESS,
      feeRecipient: ZERO_ADDRESS,
      parentHash: hashHeader(parent),
      parentStateRoot: parent.stateRoot,
      epoch: end || height === 0 ? epoch + 1 : epoch,
      gasLimit,
      baseFeePerGas,
    }
    return simulateCall(rules, state.value, environment, request)
  }

  estimateGas(height: Height, request: CallRequest): Result<CallOutcome, Rejection> {
    return this.call(height, request)
  }

  baseFeePerGas(height: Height): bigint {
    if (height === this.#headHeight) return this.#parts.replica.baseFeePerGas
    const next = this.#parts.store.header(height + 1)
    return next?.baseFeePerGas ?? this.#parts.replica.baseFeePerGas
  }

  logs(filter: LogFilter, breathe: Breathe): Result<AsyncIterable<LocatedLog>, Rejection> {
    const { historyFrom } = this
    if (filter.fromHeight < historyFrom && historyFrom > 1)
      return err(rejection('historyPruned', `history pruned before #${historyFrom}: this node began with a snapshot`))
    return ok(searchLogs(this.#parts.store, filter, breathe))
  }

  submitTransaction(envelope: Uint8Array): Promise<Result<Hash, Rejection>> {
    return new Promise((resolve) => {
      this.#parts.replica.submit(envelope, resolve)
    })
  }

  status(): BftStatus {
    return bftStatus(this.#parts)
  }

  epochEnd(epoch: Epoch): EpochEndProof | undefined {
    return this.#parts.store.epochEnd(epoch)
  }

  validatorRecord(id: Address): ValidatorRecord | undefined {
    return readValidatorRecord(systemWordsIn(this.#headState()), id)
  }

  validatorSet(validatorsHash: Hash): readonly Validator[] | undefined {
    return this.#parts.store.validators(validatorsHash)
  }

  validators(): readonly Validator[] {
    return this.#parts.replica.epoch.validators.members
  }

  heldEvidence(): readonly EvidenceView[] {
    return this.#parts.replica.heldEvidence.map(evidenceView)
  }

  /** By the way that it comes from others, so that a recording of the node has it. */
  submitEvidence(evidence: Uint8Array): boolean {
    const { replica, network } = this.#parts
    const verdicts: GossipVerdict[] = []
    replica.receiveGossip('evidence', network.peerId, evidence, (verdict) => verdicts.push(verdict))
    if (!verdicts.includes('accept')) return false
    network.publish('evidence', evidence)
    return true
  }

  syncProgress(): SyncProgress | null {
    const progress = this.#parts.replica.syncProgress
    if (progress === null) return null
    const { startingHeight, highestHeight } = progress
    return { startingHeight, currentHeight: this.#headHeight, highestHeight }
  }

  peerCount(): number {
    return this.#parts.network.connectedPeers().length
  }

  subscribe(events: NodeEvents): () => void {
    this.#listeners.add(events)
    return () => this.#listeners.delete(events)
  }

  get #headHeight(): Height {
    return this.#parts.store.tip.header.height
  }

  #headState(): WorldState {
    return this.#parts.replica.finalState
  }

  #worldState(height: Height): Result<WorldState, Rejection<'statePruned' | 'unknownBlock'>> {
    const head = this.#headHeight
    if (height > head) return err(rejection('unknownBlock', `unknown block: the head is ${head}`))
    if (height === head) return ok(this.#headState())
    const { historyFrom } = this
    const oldest = Math.max(historyFrom > 1 ? historyFrom : 0, head - STATE_WINDOW_BLOCKS + 1)
    const state = height < oldest ? undefined : this.#parts.store.stateAt(height)
    if (state !== undefined) return ok(state)
    // Clients look for geth's words.
    return err(rejection('statePruned', `missing trie node: state pruned, the oldest kept is of block ${oldest}`))
  }

  #viewOf(final: StoredBlock): FinalBlock {
    const known = this.#views.get(final)
    if (known !== undefined) return known
    const { hash, header, transactions } = final.block
    let sizeBytes: number | undefined
    const view: FinalBlock = {
      hash,
      header,
      // Few ask for it, and the block has to be encoded.
      get sizeBytes() {
        sizeBytes ??= encodeBlock(header, transactions).length
        return sizeBytes
      },
      transactions: final.transactions,
      receipts: final.receipts,
      finality: final.finality,
    }
    this.#views.set(final, view)
    return view
  }
}

function evidenceView({ id, kind, culprit, epoch, view, bytes }: HeldEvidence): EvidenceView {
  return { id, kind, culprit, epoch, view, evidence: bytes }
}

function stateView(height: Height, state: WorldState): StateView {
  return {
    height,
    account: (address) => state.account(address),
    code: (address) => state.code(address),
    storageAt: (address, slot) => state.storage(address, slot),
    accountProof: (address) => state.accountProof(address),
    storageProof: (address, slot) => state.storageProof(address, slot),
  }
}
