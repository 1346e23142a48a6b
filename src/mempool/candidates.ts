/**
 * What the next block may hold, in its order: per sender by nonce, across senders by price, then arrival.
 *
 * It stands on a copy of the heap of heads, so it stays usable while the pool goes on changing: what it
 * takes from the copy is looked up in the pool before it is given out.
 */
import type { Address, Hash } from '../types/ids.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import type { Verified } from '../types/verified.ts'
import type { Heap } from './heap.ts'
import type { PooledTransaction } from './pooled-transaction.ts'

export interface PoolView {
  readonly heads: Heap<PooledTransaction>
  byHash(hash: Hash): PooledTransaction | undefined
  byNonce(sender: Address, nonce: number): PooledTransaction | undefined
}

/** The state that the block is to be built on. Of its sets only `refused` may grow while it is in use. */
export interface ParentView {
  /** Transactions in its ancestors that are not final yet. */
  readonly excluded: ReadonlySet<Hash>
  /** Transactions that were tried on it and did not execute. */
  readonly refused: ReadonlySet<Hash>
  readonly nonceOf: (sender: Address) => number
  readonly baseFeePerGas: bigint
  /** Of the whole block. */
  readonly gasLimit: number
}

const SKIPPED = Number.POSITIVE_INFINITY

export class Candidates implements IterableIterator<Verified<SignedTransaction>> {
  readonly #pool: PoolView
  readonly #parent: ParentView
  readonly #heap: Heap<PooledTransaction>
  /** The nonce with which each sender met so far goes on. */
  readonly #nextNonce = new Map<Address, number>()
  #given: Verified<SignedTransaction> | undefined

  constructor(pool: PoolView, parent: ParentView) {
    this.#pool = pool
    this.#parent = parent
    this.#heap = pool.heads.copy()
    for (const hash of parent.excluded) {
      const included = pool.byHash(hash)?.transaction
      if (included === undefined) continue
      const follower = pool.byNonce(included.sender, included.nonce + 1)
      if (follower !== undefined && !parent.excluded.has(follower.transaction.hash)) this.#heap.push(follower)
    }
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<Verified<SignedTransaction>, undefined> {
    this.#followGiven()
    for (let pooled = this.#heap.pop(); pooled !== undefined; pooled = this.#heap.pop()) {
      this.#given = this.#judge(pooled.transaction)
      if (this.#given !== undefined) return { done: false, value: this.#given }
    }
    return { done: true, value: undefined }
  }

  /** Nothing more of this sender: one of its transactions did not execute, so none after it can. */
  skip(sender: Address): void {
    this.#nextNonce.set(sender, SKIPPED)
  }

  #followGiven(): void {
    if (this.#given === undefined) return
    const { sender, nonce } = this.#given
    this.#given = undefined
    if (this.#nextNonce.get(sender) !== SKIPPED) this.#expect(sender, nonce + 1)
  }

  #expect(sender: Address, nonce: number): void {
    this.#nextNonce.set(sender, nonce)
    const pooled = this.#pool.byNonce(sender, nonce)
    if (pooled !== undefined) this.#heap.push(pooled)
  }

  /** What takes the place of `head` in the block, if it is its turn. */
  #judge(head: SignedTransaction): Verified<SignedTransaction> | undefined {
    const { sender, nonce } = head
    // Its follower is in the heap already: no need to ask the state.
    if (this.#parent.excluded.has(head.hash)) return undefined
    const expected = this.#nextNonce.get(sender) ?? this.#parent.nonceOf(sender)
    if (nonce === expected) {
      const pooled = this.#pool.byNonce(sender, nonce)
      this.#nextNonce.set(sender, pooled === undefined ? SKIPPED : nonce)
      return pooled !== undefined && mayStand(pooled, this.#parent) ? pooled.transaction : undefined
    }
    // The ancestors hold a transaction of this nonce that the pool does not know.
    if (!this.#nextNonce.has(sender)) this.#expect(sender, expected)
    return undefined
  }
}

/** Whether `Candidates` would give anything, at the price of one look at each head at most. */
export function hasCandidate(pool: PoolView, parent: ParentView): boolean {
  const heads = pool.heads.items
  // From the loose end of the heap: the best are the likeliest to be in a block already.
  for (let index = heads.length - 1; index >= 0; index--) {
    let pooled = heads[index]
    // A sender without anything left needs no look into the state.
    while (pooled !== undefined && parent.excluded.has(pooled.transaction.hash)) pooled = successor(pool, pooled)
    if (pooled === undefined) continue
    const { sender } = pooled.transaction
    const next = pool.byNonce(sender, parent.nonceOf(sender))
    if (next === undefined || parent.refused.has(next.transaction.hash)) continue
    if (mayStand(next, parent)) return true
  }
  return false
}

function successor(pool: PoolView, { transaction }: PooledTransaction): PooledTransaction | undefined {
  return pool.byNonce(transaction.sender, transaction.nonce + 1)
}

/** Fee and gas may have been others when it came into the pool: they are parameters that governance changes. */
function mayStand({ free, transaction }: PooledTransaction, { baseFeePerGas, gasLimit }: ParentView): boolean {
  return transaction.gasLimit <= gasLimit && (free || transaction.maxFeePerGas >= baseFeePerGas)
}
