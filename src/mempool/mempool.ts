/**
 * Transactions that wait for a block (docs/ledger.md, "The pool").
 *
 * Pure: the time is a parameter, accounts are read through a port. A judgement is never remembered by
 * nonce: what is refused today may come again tomorrow. BOUND: MempoolLimits; the lowest price at the end
 * of a sender's chain leaves first, and a transaction behind a gap never displaces an executable one
 * (MemPurge: arXiv 2407.03543).
 */

import { defined } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Address, Hash } from '../types/ids.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import type { Verified } from '../types/verified.ts'
import { type Account, type AdmissionCode, admissionRejection, findAdmissionFault } from './admission.ts'
import { Candidates, hasCandidate, type ParentView, type PoolView } from './candidates.ts'
import { Heap } from './heap.ts'
import type { MempoolLimits } from './mempool-limits.ts'
import {
  costOf,
  isBetter,
  isEvictedBefore,
  type PooledTransaction,
  priorityOf,
  type TransactionOrigin,
} from './pooled-transaction.ts'
import { SenderQueue } from './sender-queue.ts'

/** The latest final state. */
export interface AccountReader {
  account(address: Address): Account
}

export interface MempoolRules {
  /** Calls that pay no fee whatever their caps say. */
  isFree(transaction: SignedTransaction): boolean
}

export interface MempoolListener {
  /** After it has become possible to execute it; the pool may be used from here. */
  onExecutable(transaction: Verified<SignedTransaction>): void
}

export interface MempoolStats {
  /** Executable. */
  readonly pending: number
  /** Behind a gap. */
  readonly queued: number
  readonly bytes: number
}

export class Mempool {
  readonly #limits: MempoolLimits
  readonly #rules: MempoolRules
  readonly #listener: MempoolListener | undefined
  readonly #byHash = new Map<Hash, PooledTransaction>()
  readonly #senders = new Map<Address, SenderQueue>()
  /** Those that pay nothing, as long as their senders may call so. */
  readonly #free = new Set<PooledTransaction>()
  /** The next executable transaction of each sender that has one, and the last of every sender. */
  #heads = headHeap()
  #tails = tailHeap()
  #baseFeePerGas = 0n
  #bytes = 0
  #executable = 0
  #arrivals = 0
  /** Of `hasCandidate`; forgotten with every change. */
  #lastAnswer: { parent: ParentView; refused: number; found: boolean } | undefined

  constructor(limits: MempoolLimits, rules: MempoolRules, listener?: MempoolListener) {
    this.#limits = limits
    this.#rules = rules
    this.#listener = listener
  }

  /** `now` in milliseconds. 'known' is no error: the sender gets the hash again. */
  add(
    transaction: Verified<SignedTransaction>,
    origin: TransactionOrigin,
    accounts: AccountReader,
    baseFeePerGas: bigint,
    now: number,
  ): Result<'added' | 'replaced' | 'known', Rejection<AdmissionCode>> {
    const known = this.#byHash.get(transaction.hash)
    if (known !== undefined) {
      if (origin === 'local') known.origin = 'local'
      return ok('known')
    }
    this.#setBaseFee(baseFeePerGas)
    const account = accounts.account(transaction.sender)
    const queue = this.#senders.get(transaction.sender) ?? new SenderQueue(transaction.sender, account.nonce)
    const executable: PooledTransaction[] = []
    const outcome = this.#change(queue, () => {
      executable.push(...this.#settle(queue, account))
      return this.#admit(this.#pooled(transaction, origin, now), queue, account, executable)
    })
    this.#announce(executable)
    return outcome
  }

  get(hash: Hash): Verified<SignedTransaction> | undefined {
    return this.#byHash.get(hash)?.transaction
  }

  has(hash: Hash): boolean {
    return this.#byHash.has(hash)
  }

  get size(): number {
    return this.#byHash.size
  }

  stats(): MempoolStats {
    return { pending: this.#executable, queued: this.size - this.#executable, bytes: this.#bytes }
  }

  /** In the order of arrival. */
  all(): Verified<SignedTransaction>[] {
    return [...this.#byHash.values()].map(({ transaction }) => transaction)
  }

  /** The first nonce from `accountNonce` on that is missing here. */
  pendingNonce(address: Address, accountNonce: number): number {
    const queue = this.#senders.get(address)
    let nonce = accountNonce
    while (queue?.get(nonce) !== undefined) nonce += 1
    return nonce
  }

  /** In block order, one by one; stays valid while the pool changes. The parent is a block at or above the final one. */
  candidates(parent: ParentView): Candidates {
    return new Candidates(this.#view(), parent)
  }

  /**
   * Whether `candidates` would give anything that the parent has not refused. Cheap to ask again and again of
   * the same parent: as long as neither the pool nor what is refused changes, neither does the answer.
   */
  hasCandidate(parent: ParentView): boolean {
    const last = this.#lastAnswer
    if (last?.parent === parent && last.refused === parent.refused.size) return last.found
    const found = hasCandidate(this.#view(), parent)
    this.#lastAnswer = { parent, refused: parent.refused.size, found }
    return found
  }

  /** After blocks became final: `accounts` and `baseFeePerGas` are those that hold from now on. */
  onCommitted(
    transactions: readonly { readonly sender: Address }[],
    accounts: AccountReader,
    baseFeePerGas: bigint,
  ): void {
    this.#lastAnswer = undefined
    this.#setBaseFee(baseFeePerGas)
    const executable: PooledTransaction[] = []
    for (const sender of new Set(transactions.map((transaction) => transaction.sender))) {
      const queue = this.#senders.get(sender)
      if (queue === undefined) continue
      executable.push(...this.#change(queue, () => this.#settle(queue, accounts.account(sender))))
    }
    for (const { transaction } of this.#free) if (!this.#rules.isFree(transaction)) this.discard(transaction.hash)
    this.#announce(executable)
  }

  /** It does not execute on the final state although it is its turn, or not for nothing any more: it leaves, and what its sender has after it. */
  discard(hash: Hash): void {
    const pooled = this.#byHash.get(hash)
    if (pooled === undefined) return
    const queue = defined(this.#senders.get(pooled.transaction.sender), 'the sender of a pooled transaction')
    this.#change(queue, () => {
      while (this.#byHash.has(hash)) this.#forget(queue.removeTail())
    })
  }

  /** Brought by clients of this node before `addedBeforeMs` and not final yet: to be sent again. */
  localPending(addedBeforeMs = Number.POSITIVE_INFINITY): Verified<SignedTransaction>[] {
    return [...this.#byHash.values()]
      .filter(({ origin, addedAtMs }) => origin === 'local' && addedAtMs < addedBeforeMs)
      .map(({ transaction }) => transaction)
  }

  /** Envelopes for the node to keep across a restart; it admits them anew from the beginning. */
  localTransactions(): Uint8Array[] {
    return this.localPending().map(({ envelope }) => envelope)
  }

  #view(): PoolView {
    return {
      heads: this.#heads,
      byHash: (hash) => this.#byHash.get(hash),
      byNonce: (sender, nonce) => this.#senders.get(sender)?.get(nonce),
    }
  }

  #pooled(transaction: Verified<SignedTransaction>, origin: TransactionOrigin, now: number): PooledTransaction {
    const free = this.#rules.isFree(transaction)
    this.#arrivals += 1
    return {
      transaction,
      free,
      cost: free ? 0n : costOf(transaction),
      arrival: this.#arrivals,
      addedAtMs: now,
      origin,
      priority: priorityOf(transaction, free, this.#baseFeePerGas),
      executable: false,
      headIndex: 0,
      tailIndex: 0,
    }
  }

  /** Every change of a queue goes through here: the heaps see its head and tail only when they stand. */
  #change<T>(queue: SenderQueue, change: () => T): T {
    this.#lastAnswer = undefined
    if (queue.head !== undefined) this.#heads.removeAt(queue.head.headIndex)
    if (queue.tail !== undefined) this.#tails.removeAt(queue.tail.tailIndex)
    this.#executable -= queue.executable
    const outcome = change()
    this.#executable += queue.executable
    if (queue.head !== undefined) this.#heads.push(queue.head)
    if (queue.tail !== undefined) {
      this.#tails.push(queue.tail)
      this.#senders.set(queue.sender, queue)
    } else this.#senders.delete(queue.sender)
    return outcome
  }

  /** Brings a queue in line with its account; answers with what became executable by it. */
  #settle(queue: SenderQueue, account: Account): readonly PooledTransaction[] {
    const { stale, promoted } = queue.advance(account.nonce)
    for (const pooled of stale) this.#forget(pooled)
    if (__CANARIES__ && isPlanted('pool-drops-followers'))
      while (stale.length > 0 && queue.size > 0) this.#forget(queue.removeTail())
    while (queue.cost > account.balance) this.#forget(queue.removeTail())
    return promoted
  }

  #admit(
    fresh: PooledTransaction,
    queue: SenderQueue,
    account: Account,
    executable: PooledTransaction[],
  ): Result<'added' | 'replaced', Rejection<AdmissionCode>> {
    const { nonce } = fresh.transaction
    const replaced = queue.get(nonce)
    const countsQueued = nonce > queue.gap || (__CANARIES__ && isPlanted('queued-before-executable'))
    // What waits behind a gap gives way to what can be executed.
    const pooledCost = countsQueued ? queue.cost : queue.executableCost
    const context = { account, pooledCost, replaced, baseFeePerGas: this.#baseFeePerGas }
    const fault = findAdmissionFault(fresh, context, this.#limits)
    if (fault !== undefined) return err(admissionRejection(fault))
    fresh.executable = nonce <= queue.gap
    const ownTail = replaced === undefined && this.#isFull(queue, fresh) ? queue.tail : undefined
    if (ownTail !== undefined && ownTail.transaction.nonce < nonce) return err(admissionRejection('nonceTooHigh'))
    if (!this.#makeRoom(fresh, replaced ?? ownTail)) return err(admissionRejection('poolFull'))
    if (ownTail !== undefined) this.#forget(queue.removeTail())
    if (replaced !== undefined) this.#forget(replaced)
    this.#remember(fresh)
    executable.push(...queue.put(fresh))
    while (queue.cost > account.balance) this.#forget(queue.removeTail())
    return ok(replaced === undefined ? 'added' : 'replaced')
  }

  /** Whether its sender has all the places that it may have: an earlier nonce then takes that of the last. */
  #isFull(queue: SenderQueue, fresh: PooledTransaction): boolean {
    if (fresh.origin === 'local') return false
    const { senderTransactionsMax, senderQueuedMax } = this.#limits
    return queue.size >= senderTransactionsMax || (!fresh.executable && queue.queued >= senderQueuedMax)
  }

  /**
   * Evicts from other senders until `fresh` fits in the place of `displaced`, or nothing at all. Its own
   * sender is not among the tails now: evicting there would open a gap before it.
   */
  #makeRoom(fresh: PooledTransaction, displaced: PooledTransaction | undefined): boolean {
    const evicted: [SenderQueue, PooledTransaction][] = []
    const count = displaced === undefined ? 1 : 0
    const bytes = sizeBytes(fresh) - (displaced === undefined ? 0 : sizeBytes(displaced))
    const { transactionsMax, bytesMax, evictionsMax } = this.#limits
    while (this.size + count > transactionsMax || this.#bytes + bytes > bytesMax) {
      const victim = this.#tails.items[0]
      if (victim === undefined || evicted.length === evictionsMax || !isEvictedBefore(victim, fresh)) {
        for (const [queue, pooled] of evicted) this.#restore(queue, pooled)
        return false
      }
      const queue = defined(this.#senders.get(victim.transaction.sender), 'the sender of a pooled transaction')
      this.#change(queue, () => this.#forget(queue.removeTail()))
      evicted.push([queue, victim])
    }
    return true
  }

  #restore(queue: SenderQueue, pooled: PooledTransaction): void {
    this.#remember(pooled)
    this.#change(queue, () => queue.put(pooled))
  }

  #remember(pooled: PooledTransaction): void {
    this.#byHash.set(pooled.transaction.hash, pooled)
    if (pooled.free) this.#free.add(pooled)
    this.#bytes += sizeBytes(pooled)
  }

  #forget(pooled: PooledTransaction): void {
    this.#byHash.delete(pooled.transaction.hash)
    this.#free.delete(pooled)
    this.#bytes -= sizeBytes(pooled)
  }

  #announce(executable: readonly PooledTransaction[]): void {
    for (const { transaction } of executable) {
      if (this.has(transaction.hash)) this.#listener?.onExecutable(transaction)
    }
  }

  #setBaseFee(baseFeePerGas: bigint): void {
    if (baseFeePerGas === this.#baseFeePerGas) return
    this.#baseFeePerGas = baseFeePerGas
    for (const pooled of this.#byHash.values()) {
      pooled.priority = priorityOf(pooled.transaction, pooled.free, baseFeePerGas)
    }
    this.#heads = headHeap()
    this.#tails = tailHeap()
    for (const { head, tail } of this.#senders.values()) {
      if (head !== undefined) this.#heads.push(head)
      if (tail !== undefined) this.#tails.push(tail)
    }
  }
}

function headHeap(): Heap<PooledTransaction> {
  return new Heap(isBetter, (pooled, index) => {
    pooled.headIndex = index
  })
}

function tailHeap(): Heap<PooledTransaction> {
  return new Heap(isEvictedBefore, (pooled, index) => {
    pooled.tailIndex = index
  })
}

function sizeBytes(pooled: PooledTransaction): number {
  return pooled.transaction.envelope.length
}
