/**
 * One sender's transactions by nonce. Those without a gap from the account's nonce on are executable.
 * They leave at the front when they are final and at the tail when there is no room for them, never from
 * the middle: an executable transaction does not become queued again.
 */
import { defined, invariant } from '../base/invariant.ts'
import type { Address } from '../types/ids.ts'
import type { PooledTransaction } from './pooled-transaction.ts'

export class SenderQueue {
  readonly sender: Address
  readonly #byNonce = new Map<number, PooledTransaction>()
  #accountNonce: number
  /** The first nonce from the account's on that is missing. */
  #gap: number
  #tailNonce = -1
  #cost = 0n

  constructor(sender: Address, accountNonce: number) {
    this.sender = sender
    this.#accountNonce = accountNonce
    this.#gap = accountNonce
  }

  get size(): number {
    return this.#byNonce.size
  }

  get executable(): number {
    return this.#gap - this.#accountNonce
  }

  /** Those behind the gap. */
  get queued(): number {
    return this.size - this.executable
  }

  get gap(): number {
    return this.#gap
  }

  /** Wei that all of them together may cost. */
  get cost(): bigint {
    return this.#cost
  }

  get executableCost(): bigint {
    let cost = 0n
    for (const pooled of this.#byNonce.values()) if (pooled.executable) cost += pooled.cost
    return cost
  }

  /** The next to execute. */
  get head(): PooledTransaction | undefined {
    return this.#byNonce.get(this.#accountNonce)
  }

  /** The one of the highest nonce. */
  get tail(): PooledTransaction | undefined {
    return this.#byNonce.get(this.#tailNonce)
  }

  get(nonce: number): PooledTransaction | undefined {
    return this.#byNonce.get(nonce)
  }

  values(): Iterable<PooledTransaction> {
    return this.#byNonce.values()
  }

  /** In the place of one with its nonce, if there is one. Answers with those that became executable. */
  put(added: PooledTransaction): readonly PooledTransaction[] {
    const { nonce } = added.transaction
    invariant(nonce >= this.#accountNonce, "a pooled nonce is not below the account's")
    this.#cost += added.cost - (this.#byNonce.get(nonce)?.cost ?? 0n)
    this.#byNonce.set(nonce, added)
    this.#tailNonce = this.#byNonce.size === 1 ? nonce : Math.max(this.#tailNonce, nonce)
    if (nonce >= this.#gap) return this.#closeGap()
    added.executable = true
    return [added]
  }

  removeTail(): PooledTransaction {
    const tail = defined(this.tail, 'the tail of a sender')
    this.#remove(tail)
    if (tail.executable) this.#gap = this.#tailNonce
    tail.executable = false
    do this.#tailNonce -= 1
    while (this.#byNonce.size > 0 && !this.#byNonce.has(this.#tailNonce))
    return tail
  }

  /** To a later nonce of the account: answers with what has become stale and what executable by it. */
  advance(accountNonce: number): { stale: readonly PooledTransaction[]; promoted: readonly PooledTransaction[] } {
    invariant(accountNonce >= this.#accountNonce, 'the nonce of a final account never falls')
    const stale = [...this.#byNonce.values()].filter(({ transaction }) => transaction.nonce < accountNonce)
    for (const each of stale) this.#remove(each)
    this.#accountNonce = accountNonce
    this.#gap = Math.max(this.#gap, accountNonce)
    return { stale, promoted: this.#closeGap() }
  }

  #remove(pooled: PooledTransaction): void {
    this.#byNonce.delete(pooled.transaction.nonce)
    this.#cost -= pooled.cost
  }

  #closeGap(): readonly PooledTransaction[] {
    const promoted: PooledTransaction[] = []
    for (let next = this.get(this.#gap); next !== undefined; next = this.get(this.#gap)) {
      next.executable = true
      promoted.push(next)
      this.#gap += 1
    }
    return promoted
  }
}
