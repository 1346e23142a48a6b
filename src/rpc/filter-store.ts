/** Filters of clients that poll: each remembers what it has told. Forgotten when nobody polls them. */
import { randomBytes } from 'node:crypto'
import { WeightedMap } from '../base/bounded.ts'
import type { LogCriteria } from '../ledger/log-criteria.ts'
import type { NodeApi } from '../node/node-api.ts'
import type { Hash, Height } from '../types/ids.ts'
import { invalidParams, RpcError, SERVER_ERROR } from './errors.ts'
import type { RpcLimits } from './limits.ts'
import { criteriaCount } from './log-filter.ts'
import type { LogBounds } from './log-range.ts'

export type PolledFilter =
  | { readonly kind: 'blocks' }
  | { readonly kind: 'pendingTransactions' }
  /** `bounds` are for eth_getFilterLogs. */
  | { readonly kind: 'logs'; readonly criteria: LogCriteria; readonly bounds: LogBounds }

interface Entry {
  readonly filter: PolledFilter
  polledMs: number
  /** The first block that it has not told. */
  nextHeight: Height
  pending: Hash[]
}

export class FilterStore {
  readonly #node: NodeApi
  readonly #limits: RpcLimits
  readonly #entries: WeightedMap<string, Entry>
  readonly #unsubscribe: () => void

  constructor(node: NodeApi, limits: RpcLimits) {
    this.#node = node
    this.#limits = limits
    this.#entries = new WeightedMap({
      entriesMax: limits.filtersMax,
      weightMax: limits.filterCriteriaMax,
      weightOf: ({ filter }) => criteriaOf(filter),
    })
    this.#unsubscribe = node.subscribe({ pendingTransaction: (transaction) => this.#onPending(transaction.hash) })
  }

  /** @throws RpcError when the filter alone has more addresses and topics than all may. */
  add(filter: PolledFilter): string {
    const { filterCriteriaMax } = this.#limits
    if (criteriaOf(filter) > filterCriteriaMax)
      throw invalidParams(`too many addresses and topics, at most ${filterCriteriaMax}`)
    const id = `0x${randomBytes(16).toString('hex')}`
    const nextHeight = this.#node.head().header.height + 1
    this.#entries.set(id, { filter, polledMs: performance.now(), nextHeight, pending: [] })
    return id
  }

  remove(id: string): boolean {
    return this.#entries.delete(id)
  }

  /** Keeps the filter alive. @throws RpcError when it is unknown or was forgotten. */
  poll(id: string): PolledFilter {
    const entry = this.#entry(id)
    entry.polledMs = performance.now()
    this.#entries.set(id, entry)
    return entry.filter
  }

  takePending(id: string): readonly Hash[] {
    const entry = this.#entry(id)
    const { pending } = entry
    entry.pending = []
    return pending
  }

  /** The blocks that it has not told yet; none when `fromHeight` is above `toHeight`. */
  takeHeights(id: string): { readonly fromHeight: Height; readonly toHeight: Height } {
    const entry = this.#entry(id)
    const fromHeight = entry.nextHeight
    const toHeight = this.#node.head().header.height
    entry.nextHeight = toHeight + 1
    return { fromHeight, toHeight }
  }

  /** Blocks that were taken and could not be told: the next poll begins with them. */
  giveBack(id: string, fromHeight: Height): void {
    const entry = this.#entries.get(id)
    if (entry !== undefined) entry.nextHeight = Math.min(entry.nextHeight, fromHeight)
  }

  stop(): void {
    this.#unsubscribe()
    this.#entries.clear()
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id)
    if (entry === undefined || this.#isForgotten(entry)) throw new RpcError(SERVER_ERROR, 'filter not found')
    return entry
  }

  #onPending(hash: Hash): void {
    for (const [id, entry] of this.#entries.entries()) {
      if (entry.filter.kind !== 'pendingTransactions') continue
      if (this.#isForgotten(entry)) this.#entries.delete(id)
      else if (entry.pending.length < this.#limits.filterPendingMax) entry.pending.push(hash)
    }
  }

  #isForgotten(entry: Entry): boolean {
    return performance.now() - entry.polledMs > this.#limits.filterTtlMs
  }
}

function criteriaOf(filter: PolledFilter): number {
  return filter.kind === 'logs' ? criteriaCount(filter.criteria) : 0
}
