/**
 * What a running node offers to those who ask it: JSON-RPC and the command line see the node
 * through this and nothing else. Everything read here is final unless it says otherwise.
 */

import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import type { LogCriteria } from '../ledger/log-criteria.ts'
import type { ValidatorRecord } from '../ledger/system/validator-records.ts'
import type { EvidenceKind } from '../types/evidence.ts'
import type { FaultModel } from '../types/fault-model.ts'
import type { EpochEndProof, FinalityProof } from '../types/finality.ts'
import type { Header } from '../types/header.ts'
import type { Address, Epoch, Hash, Height, View } from '../types/ids.ts'
import type { Log, Receipt } from '../types/receipt.ts'
import type { AccessListEntry, SignedTransaction } from '../types/transaction.ts'
import type { Validator } from '../types/validator-set.ts'
import type { Refusal } from './exit-codes.ts'

export interface FinalHeader {
  readonly hash: Hash
  readonly header: Header
}

export interface FinalBlock extends FinalHeader {
  /** Length of the RLP of [header, transactions, ommers]: Ethereum's `size`. */
  readonly sizeBytes: number
  readonly transactions: readonly SignedTransaction[]
  readonly receipts: readonly Receipt[]
  /** Null for genesis and for blocks that the proof of a later one made final. */
  readonly finality: FinalityProof | null
}

export interface TransactionLocation {
  readonly height: Height
  readonly index: number
}

export interface AccountView {
  readonly nonce: number
  readonly balance: bigint
  readonly codeHash: Hash
  readonly storageRoot: Hash
}

/** The state after one block. */
export interface StateView {
  readonly height: Height
  account(address: Address): AccountView
  code(address: Address): Uint8Array
  /** 32 bytes, zeros when absent. */
  storageAt(address: Address, slot: Hash): Uint8Array
  accountProof(address: Address): readonly Uint8Array[]
  storageProof(address: Address, slot: Hash): readonly Uint8Array[]
}

export interface CallRequest {
  readonly from: Address
  readonly to: Address | null
  readonly value: bigint
  readonly data: Uint8Array
  readonly accessList: readonly AccessListEntry[]
  readonly gasLimit: number
}

export type CallOutcome =
  | { readonly status: 'returned'; readonly data: Uint8Array; readonly gasUsed: number }
  /** `data` is the ABI-encoded error. */
  | { readonly status: 'reverted'; readonly data: Uint8Array; readonly gasUsed: number }
  /** All that it had. */
  | { readonly status: 'outOfGas'; readonly gasUsed: number }

/** For long reads: gives the loop to others when it was held for a while. Answers when the next slice began. */
export type Breathe = (sliceStartMs: number) => Promise<number>

export interface LogFilter extends LogCriteria {
  readonly fromHeight: Height
  readonly toHeight: Height
}

export interface LocatedLog {
  readonly log: Log
  readonly blockHash: Hash
  readonly height: Height
  readonly timestamp: number
  readonly transactionHash: Hash
  readonly transactionIndex: number
  /** Position among the logs of the block. */
  readonly logIndex: number
}

export interface PoolStatus {
  /** Executable now. */
  readonly pending: number
  /** Behind a gap. */
  readonly queued: number
}

export interface PeerStatus {
  readonly address: Address
  readonly name: string
  readonly connected: boolean
  /** Null until the peer has said. */
  readonly view: View | null
  readonly height: Height | null
  /** Milliseconds since it was last heard; null = never. */
  readonly silentMs: number | null
  readonly suspected: boolean
  /** Why, in words; null unless suspected. */
  readonly suspicion: string | null
  /** Height of a certified block that its own execution refuses, as it said before it stopped; null = it has said nothing of the kind. */
  readonly divergedAt: Height | null
}

export interface BftStatus {
  /** A candidate follows like an observer, and has a key that waits for its turn. */
  readonly role: 'validator' | 'candidate' | 'observer'
  /** Of the validator or candidate. */
  readonly address: Address | null
  readonly faultModel: FaultModel
  readonly n: number
  readonly faultsTolerated: number
  readonly quorum: number
  readonly epoch: Epoch
  readonly view: View
  readonly leader: Address
  readonly height: Height
  readonly headHash: Hash
  readonly stateRoot: Hash
  readonly highQcView: View
  readonly viewTimeoutMs: number
  readonly syncing: boolean
  /** Whether enough validators are reachable to commit anything. */
  readonly live: boolean
  /** Why nothing commits or why this node does not sign, for a person to read; null if all is well. */
  readonly reason: string | null
  readonly validators: readonly PeerStatus[]
  /** How many more failures the network survives; who is jailed may fail it at any time, and does not count. */
  readonly failuresLeft: number
}

/** Proof of an offence that this node holds, or that the chain has accepted. */
export interface EvidenceView {
  readonly id: Hash
  readonly kind: EvidenceKind
  /** Id of the validator. */
  readonly culprit: Address
  readonly epoch: Epoch
  readonly view: View
  /** In the encoding that `submitEvidence` of the module takes. */
  readonly evidence: Uint8Array
}

export interface SyncProgress {
  readonly startingHeight: Height
  readonly currentHeight: Height
  readonly highestHeight: Height
}

export interface ViewChange {
  readonly view: View
  /** The certificate that let the view begin: of a block, of a view that failed, or of one missed while away. */
  readonly by: 'qc' | 'tc' | 'recovery'
  readonly leader: Address
}

export interface NodeEvents {
  /** After the block and all its indexes can be read. */
  block?(block: FinalBlock): void
  /** A transaction became executable in the pool. */
  pendingTransaction?(transaction: SignedTransaction): void
  viewChange?(change: ViewChange): void
  /** A validator is proven guilty: told once for each offence. */
  evidence?(evidence: EvidenceView): void
}

export interface NodeApi {
  readonly chainId: number
  readonly genesisHash: Hash
  readonly clientVersion: string
  /** How many blocks, the head included, have a state that may be asked for. */
  readonly stateWindowBlocks: number
  /** The first block behind genesis that is here: later than block 1 when the node began with a snapshot. */
  readonly historyFrom: Height
  head(): FinalHeader
  headerByHeight(height: Height): FinalHeader | undefined
  headerByHash(hash: Hash): FinalHeader | undefined
  /** From the disk unless it is one of the last: dear where there are many transactions. */
  blockByHeight(height: Height): FinalBlock | undefined
  blockByHash(hash: Hash): FinalBlock | undefined
  transactionLocation(hash: Hash): TransactionLocation | undefined
  /**
   * Final transactions that the address sent, received or has a log of, by height from `start` to before `end`
   * and by index. The caller may stop at any of them.
   */
  addressHistory(
    address: Address,
    heights: { readonly start: Height; readonly end: Height },
    newestFirst: boolean,
  ): AsyncIterable<TransactionLocation>
  /** Not final yet: what the pool holds. */
  pooledTransaction(hash: Hash): SignedTransaction | undefined
  pooledTransactions(): readonly SignedTransaction[]
  poolStatus(): PoolStatus
  /** The first nonce of the sender that neither the chain nor the pool holds. */
  pendingNonce(address: Address): number
  /** 'state pruned' before the window of kept states, or a snapshot that the node began with; 'unknown block' above the head. */
  stateAt(height: Height): Result<StateView, Rejection<'statePruned' | 'unknownBlock'>>
  /** Runs a call on the state after `height` and throws its effects away. */
  call(height: Height, request: CallRequest): Result<CallOutcome, Rejection>
  /** Gas that the call would use as a transaction, intrinsic gas included; exactly 21000 for a transfer. */
  estimateGas(height: Height, request: CallRequest): Result<CallOutcome, Rejection>
  /** Base fee of the next block in wei, from the same function that the header takes it from. */
  baseFeePerGas(height: Height): bigint
  /** By their places in the chain. The caller may stop at any of them. */
  logs(filter: LogFilter, breathe: Breathe): Result<AsyncIterable<LocatedLog>, Rejection>
  /** Admits a signed envelope to the pool and passes it on. 'accepted' promises nothing about finality. */
  submitTransaction(envelope: Uint8Array): Promise<Result<Hash, Rejection>>
  status(): BftStatus
  /** Undefined while the epoch has not ended here. */
  epochEnd(epoch: Epoch): EpochEndProof | undefined
  /** What the state says of whoever is or was a validator or a candidate, by its id. */
  validatorRecord(id: Address): ValidatorRecord | undefined
  /** By the hash that headers name a set by, in the order of the set. */
  validatorSet(validatorsHash: Hash): readonly Validator[] | undefined
  /** Of the running epoch, in the order of their set. */
  validators(): readonly Validator[]
  /** What is proven and not settled on the chain yet. */
  heldEvidence(): readonly EvidenceView[]
  /**
   * Judges evidence, holds it for the validators to submit, and passes it on. False when it proves nothing
   * that is news.
   */
  submitEvidence(evidence: Uint8Array): boolean
  syncProgress(): SyncProgress | null
  peerCount(): number
  subscribe(events: NodeEvents): () => void
}

export interface NodeInfo {
  readonly clientVersion: string
  readonly chainId: number
  readonly genesisHash: Hash
  readonly peerId: string
  readonly role: BftStatus['role']
  /** Of the consensus key. */
  readonly address: Address | null
  readonly pid: number
  readonly upMs: number
  /** Height of the chain on disk when the node was started. */
  readonly startHeight: Height
}

export interface ConnectedPeer {
  readonly peerId: string
  /** Multiaddrs; empty for a stranger. */
  readonly addresses: readonly string[]
  readonly validator: boolean
}

/** For the operator of the node: offered on its Unix socket and nowhere else. */
/** A consensus key that is nobody's yet. */
export interface NextKey {
  readonly path: string
  /** 33 bytes. */
  readonly consensusKey: Uint8Array
  /** Of possession, for the validator that this node is: 64 bytes. */
  readonly proof: Uint8Array
}

export interface AdminApi {
  nodeInfo(): NodeInfo
  peers(): readonly ConnectedPeer[]
  /** Keeps a connection to a multiaddr with /p2p/ and a peer id until the node ends; the answer is the peer id. */
  addPeer(address: string): Result<string, Rejection>
  /** Whether it had been added. */
  removePeer(peerId: string): Result<boolean, Rejection>
  /** For a rotation: made, stored and held, with a record of having signed nothing, when the answer comes. */
  nextKey(): Promise<Result<NextKey, Refusal>>
  /** Signs a call of the module `validators` with the consensus key and submits it. */
  validatorCall(data: Uint8Array): Promise<Result<Hash, Rejection>>
  /** Answers what a newcomer asks a peer for a snapshot, while the replica runs; null when that is too much for now. */
  snapshotPart(request: Uint8Array): Result<Uint8Array | null, Rejection>
  /** From this node's pool, with what its sender has behind it; others may hold it still. */
  dropTransaction(hash: Hash): boolean
}
