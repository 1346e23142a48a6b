/** Clients that each send one transfer after the other, to whichever replica answers, until told to stop. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Hex, keccak256 } from 'viem'
import type { Random } from '../../src/simulation/random.ts'
import { account, CHAIN_ID } from '../e2e/harness/clients.ts'
import type { Devnet } from '../e2e/harness/devnet.ts'
import { rpc } from '../e2e/harness/raw-rpc.ts'
import type { Acknowledged, History } from './history.ts'

const GWEI = 10n ** 9n
const ASK_INTERVAL_MS = 40
/** One that is frozen takes the question and says nothing. */
const ANSWER_TIMEOUT_MS = 1_000
/** A replica that was killed takes what only its pool held with it. */
const RESEND_INTERVAL_MS = 2_000

type Receipt = Omit<Acknowledged, 'hash'> & { readonly transactionHash: Hex }

export class Load {
  readonly #devnet: Devnet
  readonly #history: History
  readonly #random: Random
  readonly #accounts: number
  readonly #clients: Promise<void>[]
  #stopping = false

  /** @param clients as many of the accounts send; all of them receive. */
  constructor(devnet: Devnet, history: History, random: Random, clients: number, accounts: number) {
    this.#devnet = devnet
    this.#history = history
    this.#random = random
    this.#accounts = accounts
    this.#clients = Array.from({ length: clients }, (_, index) => this.#run(index))
  }

  /** Resolves when each client has the receipt of what it sent last. */
  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#clients)
  }

  async #run(index: number): Promise<void> {
    const sender = account(index)
    for (let nonce = await this.#nonceOf(sender.address); !this.#stopping; nonce++) {
      const envelope = await sender.signTransaction({
        type: 'eip1559',
        chainId: CHAIN_ID,
        nonce,
        to: account(this.#random.below(this.#accounts)).address,
        value: BigInt(this.#random.below(1_000_000)),
        gas: 21_000n,
        maxFeePerGas: 3n * GWEI,
        maxPriorityFeePerGas: GWEI,
      })
      await this.#deliver(envelope)
    }
  }

  /** All that it sent before is final. */
  async #nonceOf(address: Hex): Promise<number> {
    while (true) {
      const nonce = await this.#ask<Hex>('eth_getTransactionCount', address, 'latest')
      if (nonce !== null) return Number(nonce)
      await sleep(ASK_INTERVAL_MS)
    }
  }

  async #deliver(envelope: Hex): Promise<void> {
    const hash = keccak256(envelope)
    const startedAtMs = performance.now()
    let sentAtMs = Number.NEGATIVE_INFINITY
    this.#history.send(hash)
    while (true) {
      if (performance.now() - sentAtMs > RESEND_INTERVAL_MS && (await this.#ask('eth_sendRawTransaction', envelope)))
        sentAtMs = performance.now()
      const receipt = await this.#ask<Receipt>('eth_getTransactionReceipt', hash)
      if (receipt !== null) {
        const { blockHash, blockNumber, transactionIndex, status } = receipt
        const told = { hash, blockHash, blockNumber, transactionIndex, status }
        this.#history.acknowledge(told, performance.now() - startedAtMs)
        return
      }
      await sleep(ASK_INTERVAL_MS)
    }
  }

  /** Null when the replica is down, or refuses: it may just be behind. */
  async #ask<T>(method: string, ...parameters: readonly string[]): Promise<T | null> {
    const { length } = this.#devnet.replicas
    try {
      return await rpc<T | null>(this.#devnet.url(this.#random.below(length)), method, parameters, ANSWER_TIMEOUT_MS)
    } catch {
      return null
    }
  }
}
