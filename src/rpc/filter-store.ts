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

/** Tells of each block, or of what is in it. */
export type BlockFilter =
  | { readonly kind: 'blocks' }
  /** `bounds` are for eth_getFilterLogs. */
  | { readonly kind: 'logs'; readonly criteria: LogCriteria; readonly bounds: LogBounds }
export type PolledFilter = BlockFilter | { readonly kind: 'pendingTransactions' }

/** Where in the chain: before a log of a block. */
interface LogPlace {
  readonly height: Height
  readonly logIndex: number
}

/** None when `from` is above `toHeight`. */
export interface TakenBlocks {
  readonly from: LogPlace
  readonly toHeight: Height
}

interface Entry {
  readonly filter: PolledFilter
  polledMs: number
  /** All before it is told. */
  next: LogPlace
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
    this.#entries.set(id, { filter, polledMs: performance.now(), next: this.#end(), pending: [] })
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

  /** Hashes that were taken and could not be told. */
  giveBackPending(id: string, hashes: readonly Hash[]): void {
    const entry = this.#entries.get(id)
    if (entry !== undefined) entry.pending = [...hashes, ...entry.pending].slice(0, this.#limits.filterPendingMax)
  }

  /** What it has not told yet. */
  takeBlocks(id: string): TakenBlocks {
    const entry = this.#entry(id)
    const from = entry.next
    entry.next = this.#end()
    return { from, toHeight: entry.next.height - 1 }
  }

  /** What was taken and could not be told: the next poll begins there. */
  giveBackFrom(id: string, { height, logIndex }: LogPlace): void {
    const entry = this.#entries.get(id)
    if (entry !== undefined && isBefore({ height, logIndex }, entry.next)) entry.next = { height, logIndex }
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

  /** Behind all that is there. */
  #end(): LogPlace {
    return { height: this.#node.head().header.height + 1, logIndex: 0 }
  }

  #isForgotten(entry: Entry): boolean {
    return performance.now() - entry.polledMs > this.#limits.filterTtlMs
  }
}

function isBefore(a: LogPlace, b: LogPlace): boolean {
  return a.height === b.height ? a.logIndex < b.logIndex : a.height < b.height
}

function criteriaOf(filter: PolledFilter): number {
  return filter.kind === 'logs' ? criteriaCount(filter.criteria) : 0
}
