/**
 * So many transfers a second, whatever becomes of them: sent to the replicas in turn, sent again when
 * they linger, and looked for in every new block.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Hex, keccak256 } from 'viem'
import { account, CHAIN_ID } from '../e2e/harness/clients.ts'
import type { Devnet } from '../e2e/harness/devnet.ts'
import { ask, rpc } from '../e2e/harness/raw-rpc.ts'
import type { Acknowledged, History } from './history.ts'

const GWEI = 10n ** 9n
const TICK_MS = 50
/** BOUND: transfers in one request; a server takes no more. */
const BATCH_MAX = 100
const LOOK_MS = 50
const ANSWER_TIMEOUT_MS = 1_000
const RESEND_AFTER_MS = 2_000

interface Pending {
  readonly envelope: Hex
  readonly firstSentAtMs: number
  sentAtMs: number
}

type Receipt = Omit<Acknowledged, 'hash'> & { readonly transactionHash: Hex }

export class SteadyLoad {
  readonly #devnet: Devnet
  readonly #history: History
  readonly #perSecond: number
  readonly #accounts: number
  readonly #pending = new Map<Hex, Pending>()
  readonly #nonces: number[]
  readonly #done: Promise<unknown>
  #turn = 0
  #height = 0
  #isStopping = false
  #seenAtMs = performance.now()
  /** The longest time in which no receipt was seen. */
  longestPauseMs = 0

  /** All accounts are fresh. */
  constructor(devnet: Devnet, history: History, perSecond: number, accounts: number) {
    this.#devnet = devnet
    this.#history = history
    this.#perSecond = perSecond
    this.#accounts = accounts
    this.#nonces = Array.from({ length: accounts }, () => 0)
    this.#done = Promise.all([this.#send(), this.#look()])
  }

  /** Resolves when each has its receipt. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#done
  }

  async #send(): Promise<void> {
    const startedAtMs = performance.now()
    let made = 0
    while (!this.#isStopping || this.#pending.size > 0) {
      await sleep(TICK_MS)
      const elapsedMs = performance.now() - startedAtMs
      const due = this.#isStopping ? made : Math.floor((elapsedMs / 1000) * this.#perSecond)
      const batch = this.#lingering()
      for (; made < due && batch.length < BATCH_MAX; made++) batch.push(await this.#make(made % this.#accounts))
      if (batch.length > 0) await this.#deliver(batch)
    }
  }

  async #make(index: number): Promise<Hex> {
    const nonce = this.#nonces[index] ?? 0
    this.#nonces[index] = nonce + 1
    const envelope = await account(index).signTransaction({
      type: 'eip1559',
      chainId: CHAIN_ID,
      nonce,
      to: account((index + 1) % this.#accounts).address,
      value: 1n,
      gas: 21_000n,
      maxFeePerGas: 3n * GWEI,
      maxPriorityFeePerGas: GWEI,
    })
    const hash = keccak256(envelope)
    const nowMs = performance.now()
    this.#history.send(hash)
    this.#pending.set(hash, { envelope, firstSentAtMs: nowMs, sentAtMs: nowMs })
    return envelope
  }

  /** The oldest of those that nobody has seen for a while. */
  #lingering(): Hex[] {
    const nowMs = performance.now()
    const lingering: Hex[] = []
    for (const pending of this.#pending.values()) {
      if (nowMs - pending.sentAtMs < RESEND_AFTER_MS) continue
      pending.sentAtMs = nowMs
      lingering.push(pending.envelope)
      if (lingering.length === BATCH_MAX) break
    }
    return lingering
  }

  /** In one request, to the replica whose turn it is: who is down or refuses is asked again with the rest. */
  async #deliver(envelopes: readonly Hex[]): Promise<void> {
    const method = 'eth_sendRawTransaction'
    const requests = envelopes.map((envelope, id) => ({ jsonrpc: '2.0', id, method, params: [envelope] }))
    await ask(this.#nextUrl(), requests, ANSWER_TIMEOUT_MS).catch(() => undefined)
  }

  async #look(): Promise<void> {
    while (!this.#isStopping || this.#pending.size > 0) {
      await sleep(LOOK_MS)
      const receipts = await this.#ask<readonly Receipt[]>('eth_getBlockReceipts', [
        `0x${(this.#height + 1).toString(16)}`,
      ])
      if (receipts === null) continue
      this.#height += 1
      for (const receipt of receipts) this.#see(receipt)
    }
  }

  #see({ transactionHash: hash, blockHash, blockNumber, transactionIndex, status }: Receipt): void {
    const pending = this.#pending.get(hash)
    if (pending === undefined) return
    const nowMs = performance.now()
    this.#pending.delete(hash)
    this.longestPauseMs = Math.max(this.longestPauseMs, nowMs - this.#seenAtMs)
    this.#seenAtMs = nowMs
    this.#history.acknowledge({ hash, blockHash, blockNumber, transactionIndex, status }, nowMs - pending.firstSentAtMs)
  }

  /** Null when the replica whose turn it is does not answer or refuses. */
  async #ask<T>(method: string, parameters: readonly string[]): Promise<T | null> {
    try {
      return await rpc<T | null>(this.#nextUrl(), method, parameters, ANSWER_TIMEOUT_MS)
    } catch {
      return null
    }
  }

  #nextUrl(): string {
    this.#turn += 1
    return this.#devnet.url(this.#turn % this.#devnet.replicas.length)
  }
}
