/**
 * Carries transactions to others (docs/network.md, "What travels how"). A client's goes to the
 * other validators on the direct streams at once, many to a message; an observer gossips it. What is
 * still not final after a while is gossiped, so that it reaches whoever can order it.
 */
import type { Mempool } from '../mempool/mempool.ts'
import { encodeDirect, encodeEnvelopes } from '../network/messages.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import type { ReplicaNetwork } from './ports.ts'
import type { ValidatorLinks } from './validator-links.ts'

/** Bytes of transactions in one message. */
const DIRECT_BYTES = 256 * 1024
const GOSSIP_BYTES = 64 * 1024
/** A local transaction that old and still not final is carried again. */
const LINGERING_MS = 2_000
/** BOUND: bytes carried again at a time. */
const RESEND_BYTES_MAX = 512 * 1024

export class TransactionCourier {
  readonly #network: ReplicaNetwork
  readonly #pool: Mempool
  readonly #links: ValidatorLinks

  constructor(network: ReplicaNetwork, pool: Mempool, links: ValidatorLinks) {
    this.#network = network
    this.#pool = pool
    this.#links = links
  }

  /** New here, brought by a client of this node. */
  carry(transactions: readonly SignedTransaction[]): void {
    if (this.#links.isValidator) this.#sendDirect(transactions)
    else this.#gossip(transactions)
  }

  /** Local ones that linger go to everybody. */
  carryLingering(nowMs: number): void {
    const lingering = capped(this.#pool.localPending(nowMs - LINGERING_MS))
    if (lingering.length === 0) return
    this.#gossip(lingering)
    if (this.#links.isValidator) this.#sendDirect(lingering)
  }

  /** A view failed: perhaps its leader lacks what waits here. */
  carryWaiting(): void {
    this.#sendDirect(capped(this.#pool.all()))
  }

  #sendDirect(transactions: readonly SignedTransaction[]): void {
    for (const envelopes of chunks(transactions, DIRECT_BYTES)) {
      const message = encodeDirect({ kind: 'transactions', envelopes })
      for (const peer of this.#links.others) this.#network.sendDirect(peer, message)
    }
  }

  #gossip(transactions: readonly SignedTransaction[]): void {
    for (const envelopes of chunks(transactions, GOSSIP_BYTES))
      this.#network.publish('transactions', encodeEnvelopes(envelopes))
  }
}

function capped(transactions: readonly SignedTransaction[]): SignedTransaction[] {
  let bytes = 0
  return transactions.filter(({ envelope }) => {
    bytes += envelope.length
    return bytes <= RESEND_BYTES_MAX
  })
}

function* chunks(transactions: readonly SignedTransaction[], bytesMax: number): Generator<Uint8Array[]> {
  let chunk: Uint8Array[] = []
  let bytes = 0
  for (const { envelope } of transactions) {
    if (chunk.length > 0 && bytes + envelope.length > bytesMax) {
      yield chunk
      chunk = []
      bytes = 0
    }
    chunk.push(envelope)
    bytes += envelope.length
  }
  if (chunk.length > 0) yield chunk
}
