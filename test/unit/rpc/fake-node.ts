/**
 * A NodeApi in memory: it takes signed transfers and makes each into a final block of its own, or
 * holds them back while `holds` is set. Envelopes are decoded by ethers, not by what is tested.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { concat, getBytes, hexlify, keccak256, Signature, Transaction } from 'ethers'
import { type Rejection, rejection } from '../../../src/base/rejection.ts'
import { err, ok, type Result } from '../../../src/base/result.ts'
import { matchesLog } from '../../../src/ledger/log-criteria.ts'
import type {
  AccountView,
  BftStatus,
  CallOutcome,
  CallRequest,
  EvidenceView,
  FinalBlock,
  FinalHeader,
  LogFilter,
  NodeApi,
  NodeEvents,
  SyncProgress,
} from '../../../src/node/node-api.ts'
import { locatedLogs } from '../../../src/rpc/located-logs.ts'
import type { EpochEndProof } from '../../../src/types/finality.ts'
import { encodeHeader, type Header } from '../../../src/types/header.ts'
import { type Address, type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../src/types/ids.ts'
import type { Log, Receipt } from '../../../src/types/receipt.ts'
import type { SignedTransaction, TransactionType } from '../../../src/types/transaction.ts'

export const CHAIN_ID = 13_371
export const BASE_FEE = 1_000_000_000n
const GAS_LIMIT = 30_000_000
const TRANSFER_GAS = 21_000
const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421' as Hash
const EMPTY_CODE_HASH = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470' as Hash
const GENESIS_MS = 1_700_000_000_500
export const MODULE_ADDRESS = '0x0000000000000000000000000000000000001001' as Address
export const MODULE_TOPIC = `0x${'ab'.repeat(32)}` as Hash

export class FakeNode implements NodeApi {
  readonly chainId = CHAIN_ID
  readonly clientVersion = 'tertia/v0.1.0/test'
  readonly stateWindowBlocks = 256
  /** Later than 1: it began with a snapshot. */
  historyFrom = 1
  readonly blocks: FinalBlock[] = []
  readonly pool = new Map<Hash, SignedTransaction>()
  readonly #listeners = new Set<NodeEvents>()
  readonly #accounts = new Map<Address, { nonce: number; balance: bigint }>()
  readonly #states: Map<Address, AccountView>[] = []
  readonly #locations = new Map<Hash, { height: number; index: number }>()
  /** Transactions stay in the pool. */
  holds = false
  /** What the next submission is answered with. */
  refusal: Rejection | null = null
  callOutcome: CallOutcome = { status: 'returned', data: new Uint8Array(0), gasUsed: TRANSFER_GAS }
  lastCall: CallRequest | null = null
  prunedBelow = 0
  live = true
  syncing: SyncProgress | null = null

  constructor(alloc: readonly Address[] = []) {
    for (const address of alloc) this.#accounts.set(address, { nonce: 0, balance: 10_000n * 10n ** 18n })
    this.seal([])
  }

  get genesisHash(): Hash {
    return (this.blocks[0] as FinalBlock).hash
  }

  head(): FinalBlock {
    return this.blocks.at(-1) as FinalBlock
  }

  blockByHeight(height: number) {
    if (height > 0 && height < this.historyFrom) return undefined
    return this.blocks[height]
  }

  blockByHash(hash: Hash) {
    return this.blockByHeight(this.blocks.findIndex((block) => block.hash === hash))
  }

  headerByHeight(height: number): FinalHeader | undefined {
    return height > 0 && height < this.historyFrom ? undefined : this.blocks[height]
  }

  headerByHash(hash: Hash): FinalHeader | undefined {
    return this.blocks.find((block) => block.hash === hash)
  }

  transactionLocation(hash: Hash) {
    return this.#locations.get(hash)
  }

  async *addressHistory(address: Address, heights: { start: number; end: number }, newestFirst: boolean) {
    const found = this.blocks.slice(heights.start, heights.end).flatMap((block) =>
      block.transactions.flatMap(({ sender, to }, index) => {
        const logs = block.receipts[index]?.logs ?? []
        const touched = [sender, to, ...logs.map((log) => log.address)]
        return touched.includes(address) ? [{ height: block.header.height, index }] : []
      }),
    )
    yield* later(newestFirst ? found.reverse() : found)
  }

  pooledTransaction(hash: Hash) {
    return this.pool.get(hash)
  }

  pooledTransactions() {
    return [...this.pool.values()]
  }

  poolStatus() {
    return { pending: this.pool.size, queued: 0 }
  }

  pendingNonce(address: Address) {
    const own = this.pooledTransactions().filter((transaction) => transaction.sender === address)
    let nonce = this.#accounts.get(address)?.nonce ?? 0
    while (own.some((transaction) => transaction.nonce === nonce)) nonce += 1
    return nonce
  }

  stateAt(height: number) {
    if (height < this.prunedBelow) return err(rejection('statePruned', 'missing trie node: state pruned'))
    const accounts = this.#states[height]
    if (accounts === undefined) return err(rejection('unknownBlock', 'unknown block'))
    const absent: AccountView = { nonce: 0, balance: 0n, codeHash: EMPTY_CODE_HASH, storageRoot: EMPTY_ROOT }
    return ok({
      height,
      account: (address: Address) => accounts.get(address) ?? absent,
      code: (address: Address) => (address === MODULE_ADDRESS ? Uint8Array.of(0xfe) : new Uint8Array(0)),
      storageAt: (_: Address, slot: Hash) => getBytes(slot),
      accountProof: () => [Uint8Array.of(0xc0)],
      storageProof: () => [Uint8Array.of(0x80)],
    })
  }

  call(_: number, request: CallRequest) {
    this.lastCall = request
    return ok(this.callOutcome)
  }

  estimateGas(_: number, request: CallRequest) {
    this.lastCall = request
    return ok(this.callOutcome)
  }

  baseFeePerGas() {
    return BASE_FEE
  }

  logs(filter: LogFilter) {
    const blocks = this.blocks.slice(filter.fromHeight, filter.toHeight + 1)
    const found = blocks.flatMap(locatedLogs).filter(({ log }) => matchesLog(filter, log))
    return ok(later(found))
  }

  submitTransaction(envelope: Uint8Array): Promise<Result<Hash, Rejection>> {
    if (this.refusal !== null) return Promise.resolve(err(this.refusal))
    const transaction = decode(envelope)
    this.pool.set(transaction.hash, transaction)
    for (const listener of this.#listeners) listener.pendingTransaction?.(transaction)
    if (!this.holds) setImmediate(() => this.seal([transaction]))
    return Promise.resolve(ok(transaction.hash))
  }

  status(): BftStatus {
    const head = this.head()
    return {
      role: 'validator',
      address: ZERO_ADDRESS,
      faultModel: 'byzantine',
      n: 4,
      faultsTolerated: 1,
      quorum: 3,
      epoch: 0,
      view: head.header.height + 1,
      leader: ZERO_ADDRESS,
      height: head.header.height,
      headHash: head.hash,
      stateRoot: head.header.stateRoot,
      highQcView: head.header.height,
      viewTimeoutMs: 1_000,
      syncing: this.syncing !== null,
      live: this.live,
      reason: this.live ? null : '1 of 4 validators reachable, 3 needed',
      validators: [],
      failuresLeft: 1,
    }
  }

  epochEnd(_epoch: number): EpochEndProof | undefined {
    return undefined
  }

  validatorRecord(): undefined {
    return undefined
  }

  validatorSet() {
    return this.validators()
  }

  validators() {
    return [{ address: ZERO_ADDRESS, consensusKey: new Uint8Array(33).fill(2), leads: true }]
  }

  heldEvidence(): readonly EvidenceView[] {
    return []
  }

  submitEvidence() {
    return false
  }

  syncProgress() {
    return this.syncing
  }

  peerCount() {
    return 3
  }

  subscribe(events: NodeEvents) {
    this.#listeners.add(events)
    return () => this.#listeners.delete(events)
  }

  get listenerCount(): number {
    return this.#listeners.size
  }

  /** Makes a final block. Transactions with data to the module log it. */
  seal(transactions: readonly SignedTransaction[]): FinalBlock {
    const receipts = this.#execute(transactions)
    const header = this.#header(transactions.length * TRANSFER_GAS)
    const hash = keccak256(encodeHeader(header)) as Hash
    const block = { hash, header, sizeBytes: 600, transactions, receipts, finality: null }
    this.blocks.push(block)
    this.#states.push(
      new Map([...this.#accounts].map(([a, s]) => [a, { ...s, codeHash: EMPTY_CODE_HASH, storageRoot: EMPTY_ROOT }])),
    )
    for (const listener of [...this.#listeners]) listener.block?.(block)
    return block
  }

  #execute(transactions: readonly SignedTransaction[]): Receipt[] {
    return transactions.map((transaction, index) => {
      this.pool.delete(transaction.hash)
      this.#locations.set(transaction.hash, { height: this.blocks.length, index })
      const { maxFeePerGas, maxPriorityFeePerGas } = transaction
      const dearest = BASE_FEE + maxPriorityFeePerGas
      const effectiveGasPrice = dearest < maxFeePerGas ? dearest : maxFeePerGas
      const fee = effectiveGasPrice * BigInt(TRANSFER_GAS)
      const from = this.#accounts.get(transaction.sender) ?? { nonce: 0, balance: 0n }
      this.#accounts.set(transaction.sender, { nonce: from.nonce + 1, balance: from.balance - transaction.value - fee })
      const to = this.#accounts.get(transaction.to) ?? { nonce: 0, balance: 0n }
      this.#accounts.set(transaction.to, { ...to, balance: to.balance + transaction.value })
      const logs: Log[] =
        transaction.to === MODULE_ADDRESS
          ? [{ address: MODULE_ADDRESS, topics: [MODULE_TOPIC], data: transaction.data }]
          : []
      return {
        type: transaction.type,
        status: 1,
        gasUsed: TRANSFER_GAS,
        cumulativeGasUsed: (index + 1) * TRANSFER_GAS,
        effectiveGasPrice,
        logsBloom: new Uint8Array(256),
        logs,
      }
    })
  }

  #header(gasUsed: number): Header {
    const height = this.blocks.length
    return {
      parentHash: this.blocks.at(-1)?.hash ?? ZERO_HASH,
      miner: ZERO_ADDRESS,
      stateRoot: EMPTY_ROOT,
      transactionsRoot: EMPTY_ROOT,
      receiptsRoot: EMPTY_ROOT,
      logsBloom: new Uint8Array(256),
      height,
      gasLimit: GAS_LIMIT,
      gasUsed,
      baseFeePerGas: BASE_FEE,
      consensus: {
        epoch: 0,
        view: height,
        justifyView: Math.max(0, height - 1),
        justifyDigest: ZERO_HASH,
        tcDigest: null,
        validatorsHash: ZERO_HASH,
        nextValidatorsHash: ZERO_HASH,
        end: false,
        suffix: false,
        timeMs: GENESIS_MS + height * 250,
      },
    }
  }
}

/** As from a disk. */
async function* later<T>(items: readonly T[]): AsyncGenerator<T, void> {
  await nextTurn()
  yield* items
}

export function decode(envelope: Uint8Array): SignedTransaction {
  const transaction = Transaction.from(hexlify(envelope))
  const signature = transaction.signature ?? Signature.from()
  const maxFeePerGas = transaction.maxFeePerGas ?? transaction.gasPrice ?? 0n
  return {
    type: transaction.type as TransactionType,
    hash: transaction.hash as Hash,
    envelope,
    chainId: Number(transaction.chainId),
    nonce: transaction.nonce,
    gasLimit: Number(transaction.gasLimit),
    to: (transaction.to ?? ZERO_ADDRESS).toLowerCase() as Address,
    value: transaction.value,
    data: getBytes(transaction.data),
    accessList: (transaction.accessList ?? []).map(({ address, storageKeys }) => ({
      address: address.toLowerCase() as Address,
      storageKeys: storageKeys as Hash[],
    })),
    maxFeePerGas,
    maxPriorityFeePerGas: transaction.maxPriorityFeePerGas ?? maxFeePerGas,
    yParity: signature.yParity,
    signature: getBytes(concat([signature.r, signature.s])),
    signingDigest: getBytes(transaction.unsignedHash),
    sender: (transaction.from ?? ZERO_ADDRESS).toLowerCase() as Address,
  }
}
