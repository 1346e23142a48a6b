/**
 * eth_subscribe and bft_subscribe: who listens to what. What is sent is written once and shared by all listeners,
 * and goes out in the turns of the work queue, so that listeners never delay consensus.
 */
import { randomBytes } from 'node:crypto'
import { type LogCriteria, matchesLog } from '../ledger/log-criteria.ts'
import type { FinalBlock, NodeApi, SyncProgress } from '../node/node-api.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import { LIMIT_EXCEEDED, RpcError } from './errors.ts'
import type { RpcLimits } from './limits.ts'
import { locatedLogs } from './located-logs.ts'
import { criteriaCount } from './log-filter.ts'
import { headerJson } from './serializers/block.ts'
import { commitCertificateJson } from './serializers/certificate.ts'
import { quantity } from './serializers/encoding.ts'
import { heldEvidenceJson } from './serializers/evidence.ts'
import { logJson } from './serializers/log.ts'
import { pendingTransactionJson } from './serializers/transaction.ts'
import type { WorkQueue } from './work-queue.ts'

export type Subscription =
  | { readonly kind: 'newHeads' }
  | { readonly kind: 'logs'; readonly criteria: LogCriteria }
  | { readonly kind: 'newPendingTransactions'; readonly full: boolean }
  | { readonly kind: 'syncing' }
  | { readonly kind: 'finality' }
  | { readonly kind: 'views' }
  | { readonly kind: 'evidence' }

/** One WebSocket, as its subscriptions see it. */
export interface SubscriberSession {
  subscribe(subscription: Subscription): string
  unsubscribe(id: string): boolean
}

/** Takes what is to be sent, and must not keep it without bound. */
export interface Recipient {
  send(text: string): void
  /** The server cannot keep up with what this client listens to. */
  overload(reason: string): void
}

/** BOUND: pending transactions announced at once; more than this between two turns are not announced. */
const PENDING_BATCH_MAX = 4_096
const SYNC_POLL_MS = 1_000

export class SubscriptionHub {
  readonly #node: NodeApi
  readonly #work: WorkQueue
  readonly #limits: RpcLimits
  readonly #recipients = new Map<Recipient, Map<string, Subscription>>()
  readonly #unsubscribe: () => void
  readonly #syncTimer: NodeJS.Timeout
  #announced: SignedTransaction[] = []
  #syncText: string

  constructor(node: NodeApi, work: WorkQueue, limits: RpcLimits) {
    this.#node = node
    this.#work = work
    this.#limits = limits
    this.#syncText = syncJson(node.syncProgress())
    this.#unsubscribe = node.subscribe({
      block: (block) => this.#onBlock(block),
      pendingTransaction: (transaction) => this.#onPending(transaction),
      viewChange: (change) => this.#onBftEvent('views', () => JSON.stringify(change)),
      evidence: (evidence) => this.#onBftEvent('evidence', () => JSON.stringify(heldEvidenceJson(evidence))),
    })
    this.#syncTimer = setInterval(() => this.#pollSync(), SYNC_POLL_MS)
    this.#syncTimer.unref()
  }

  sessionOf(recipient: Recipient): SubscriberSession {
    return {
      subscribe: (subscription) => this.#add(recipient, subscription),
      unsubscribe: (id) => this.#recipients.get(recipient)?.delete(id) ?? false,
    }
  }

  drop(recipient: Recipient): void {
    this.#recipients.delete(recipient)
  }

  stop(): void {
    this.#unsubscribe()
    clearInterval(this.#syncTimer)
    this.#recipients.clear()
  }

  #add(recipient: Recipient, subscription: Subscription): string {
    const own = this.#recipients.get(recipient) ?? new Map<string, Subscription>()
    const { subscriptionsPerSocketMax, subscriptionCriteriaMax } = this.#limits
    if (own.size >= subscriptionsPerSocketMax) {
      throw new RpcError(LIMIT_EXCEEDED, `too many subscriptions: at most ${subscriptionsPerSocketMax} a connection`)
    }
    const criteria = [...own.values(), subscription].reduce((sum, each) => sum + criteriaOf(each), 0)
    if (criteria > subscriptionCriteriaMax) {
      throw new RpcError(
        LIMIT_EXCEEDED,
        `too many addresses and topics: at most ${subscriptionCriteriaMax} a connection`,
      )
    }
    const id = `0x${randomBytes(16).toString('hex')}`
    own.set(id, subscription)
    this.#recipients.set(recipient, own)
    return id
  }

  #onBlock(block: FinalBlock): void {
    const head = once(() => JSON.stringify(headerJson(block.header, block.hash)))
    const finality = once(() => JSON.stringify(finalityJson(block)))
    const logs = once(() => locatedLogs(block))
    this.#tell(['newHeads', 'finality', 'logs'], (recipient, id, subscription) => {
      if (subscription.kind === 'newHeads') recipient.send(notification(id, head()))
      if (subscription.kind === 'finality') recipient.send(notification(id, finality(), 'bft'))
      if (subscription.kind !== 'logs') return
      for (const log of logs()) {
        if (matchesLog(subscription.criteria, log.log)) recipient.send(notification(id, JSON.stringify(logJson(log))))
      }
    })
  }

  #onBftEvent(kind: 'views' | 'evidence', write: () => string): void {
    const text = once(write)
    this.#tell([kind], (recipient, id) => recipient.send(notification(id, text(), 'bft')))
  }

  #onPending(transaction: SignedTransaction): void {
    if (this.#recipients.size === 0 || this.#announced.length >= PENDING_BATCH_MAX) return
    // The first of a batch asks for a turn, the others join it until the turn comes.
    if (this.#announced.push(transaction) > 1) return
    this.#work.run(() => this.#announce()).catch(() => (this.#announced = []))
  }

  #announce(): void {
    const texts = this.#announced.map((transaction) => ({
      hash: `"${transaction.hash}"`,
      full: once(() => JSON.stringify(pendingTransactionJson(transaction))),
    }))
    this.#announced = []
    this.#tell(['newPendingTransactions'], (recipient, id, subscription) => {
      const isFull = subscription.kind === 'newPendingTransactions' && subscription.full
      for (const text of texts) recipient.send(notification(id, isFull ? text.full() : text.hash))
    })
  }

  #pollSync(): void {
    const text = syncJson(this.#node.syncProgress())
    if (text === this.#syncText) return
    this.#syncText = text
    for (const [recipient, own] of this.#recipients) {
      for (const [id, subscription] of own) {
        if (subscription.kind === 'syncing') recipient.send(notification(id, text))
      }
    }
  }

  /** A turn for each client that listens to one of these, and none for the others: nobody pays for what it did not ask for. */
  #tell(
    kinds: readonly Subscription['kind'][],
    send: (recipient: Recipient, id: string, subscription: Subscription) => void,
  ): void {
    for (const [recipient, own] of this.#recipients) {
      if (![...own.values()].some(({ kind }) => kinds.includes(kind))) continue
      const turn = this.#work.run(() => {
        for (const [id, subscription] of own) if (kinds.includes(subscription.kind)) send(recipient, id, subscription)
      })
      turn.catch(() => recipient.overload('the server cannot keep up with these subscriptions'))
    }
  }
}

function criteriaOf(subscription: Subscription): number {
  return subscription.kind === 'logs' ? criteriaCount(subscription.criteria) : 0
}

function finalityJson({ hash, header, finality }: FinalBlock) {
  return {
    height: header.height,
    hash,
    stateRoot: header.stateRoot,
    // Null when the proof of a later block makes this one final too.
    certificate: finality === null ? null : commitCertificateJson(finality.certificate),
  }
}

function notification(id: string, result: string, namespace = 'eth'): string {
  return `{"jsonrpc":"2.0","method":"${namespace}_subscription","params":{"subscription":"${id}","result":${result}}}`
}

function syncJson(progress: SyncProgress | null): string {
  if (progress === null) return 'false'
  const status = {
    startingBlock: quantity(progress.startingHeight),
    currentBlock: quantity(progress.currentHeight),
    highestBlock: quantity(progress.highestHeight),
  }
  return JSON.stringify({ syncing: true, status })
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
