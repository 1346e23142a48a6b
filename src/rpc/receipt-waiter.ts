/** Who waits for a transaction to become final: one look at each new block serves all of them. */
import type { NodeApi } from '../node/node-api.ts'
import type { Hash } from '../types/ids.ts'
import { LIMIT_EXCEEDED, RpcError } from './errors.ts'

type Wake = (final: boolean) => void

export class ReceiptWaiter {
  readonly #waiting = new Map<Hash, Set<Wake>>()
  readonly #node: NodeApi
  readonly #waitersMax: number
  readonly #unsubscribe: () => void
  #waiters = 0

  constructor(node: NodeApi, waitersMax: number) {
    this.#node = node
    this.#waitersMax = waitersMax
    this.#unsubscribe = node.subscribe({
      block: (block) => {
        if (this.#waiters === 0) return
        for (const transaction of block.transactions) this.#wake(transaction.hash, true)
      },
    })
  }

  /** Whether another caller may wait. */
  get hasRoom(): boolean {
    return this.#waiters < this.#waitersMax
  }

  /** Whether the transaction became final in time. @throws RpcError -32005 when too many wait. */
  wait(hash: Hash, timeoutMs: number): Promise<boolean> {
    if (this.#node.transactionLocation(hash) !== undefined) return Promise.resolve(true)
    if (!this.hasRoom) throw new RpcError(LIMIT_EXCEEDED, 'too many callers wait for receipts')
    return new Promise((resolve) => {
      const wakes = this.#waiting.get(hash) ?? new Set()
      const timer = setTimeout(() => wake(false), timeoutMs)
      const wake = (final: boolean) => {
        clearTimeout(timer)
        this.#waiters -= 1
        wakes.delete(wake)
        if (wakes.size === 0) this.#waiting.delete(hash)
        resolve(final)
      }
      wakes.add(wake)
      this.#waiting.set(hash, wakes)
      this.#waiters += 1
    })
  }

  stop(): void {
    this.#unsubscribe()
    for (const hash of [...this.#waiting.keys()]) this.#wake(hash, false)
  }

  #wake(hash: Hash, final: boolean): void {
    for (const wake of [...(this.#waiting.get(hash) ?? [])]) wake(final)
  }
}
