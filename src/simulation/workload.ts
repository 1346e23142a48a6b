/**
 * Clients: each sends a signed transaction to some node, waits for its receipt, thinks, and sends
 * the next. What is not answered goes to another node, the same bytes.
 */
import { EMPTY_BYTES } from '../base/bytes.ts'
import { keccak256Hash } from '../crypto/keccak.ts'
import { signTransaction } from '../crypto/transaction-codec.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { Hash } from '../types/ids.ts'
import { Random } from './random.ts'
import type { Identity } from './simulated-crypto.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { World } from './world.ts'

const PATIENCE_US = 3_000_000
const GAS_LIMIT = 21_000
const PRICE = 2n * 10n ** 9n
const COIN = 10n ** 18n
/** Shares of what clients do besides a plain transfer. */
const TWICE_SHARE = 0.1
const OVERSPEND_SHARE = 0.03

interface Client {
  readonly identity: Identity
  nonce: number
  /** In flight. */
  hash: Hash | null
  envelope: Uint8Array
  asked: SimulatedNode | null
}

export class Workload {
  readonly #world: World
  readonly #random: Random
  readonly #clients: Client[]
  readonly #waiting = new Map<Hash, Client>()
  #isOver = false
  /** Transactions whose receipt a client has. */
  receipts = 0

  constructor(world: World) {
    this.#world = world
    this.#random = new Random(world.scenario.seed, 'workload')
    this.#clients = world.genesis.clients
      .slice(0, world.scenario.clients)
      .map((identity) => ({ identity, nonce: 0, hash: null, envelope: EMPTY_BYTES, asked: null }))
  }

  start(): void {
    for (const client of this.#clients) this.#think(client)
  }

  /** No client begins anything new. */
  finish(): void {
    this.#isOver = true
  }

  get isIdle(): boolean {
    return this.#isOver && this.#waiting.size === 0
  }

  get unanswered(): readonly Hash[] {
    return [...this.#waiting.keys()]
  }

  onFinal(node: SimulatedNode, final: FinalBlock): void {
    for (const { hash } of final.transactions) {
      const client = this.#waiting.get(hash)
      if (client === undefined || (client.asked !== node && client.asked?.isByzantine !== true)) continue
      this.#waiting.delete(hash)
      client.hash = null
      client.nonce += 1
      this.receipts += 1
      for (const checker of this.#world.checkers) checker.onReceipt?.(node, hash)
      this.#think(client)
    }
  }

  #think(client: Client): void {
    const delayMs = this.#random.exponential(this.#world.scenario.thinkMs)
    this.#world.scheduler.after(Math.ceil(delayMs * 1000), () => this.#begin(client))
  }

  #begin(client: Client): void {
    if (this.#isOver) return
    const { chainId } = this.#world.genesis.genesis
    const receiver = this.#random.pick(this.#world.genesis.clients) ?? client.identity
    const value = this.#random.chance(OVERSPEND_SHARE) ? 0n : BigInt(this.#random.below(1000)) * (COIN / 100_000n)
    client.envelope = signTransaction(
      {
        type: 2,
        chainId,
        nonce: client.nonce,
        gasLimit: GAS_LIMIT,
        to: receiver.address,
        value,
        data: EMPTY_BYTES,
        accessList: [],
        maxFeePerGas: PRICE,
        maxPriorityFeePerGas: BigInt(this.#random.below(1_000_000_000)),
      },
      client.identity.signer,
    )
    client.hash = keccak256Hash(client.envelope)
    this.#waiting.set(client.hash, client)
    this.#submit(client)
  }

  #submit(client: Client): void {
    const { hash } = client
    if (hash === null) return
    const nodes = this.#world.nodes.filter((node) => node.isUp)
    const node = this.#random.pick(nodes)
    client.asked = node ?? null
    node?.submit(client.envelope, () => undefined)
    if (this.#random.chance(TWICE_SHARE)) this.#random.pick(nodes)?.submit(client.envelope, () => undefined)
    this.#world.scheduler.after(PATIENCE_US, () => {
      if (client.hash === hash) this.#askAgain(client, hash)
    })
  }

  /** It may be final already, and the node that was asked down since. */
  #askAgain(client: Client, hash: Hash): void {
    for (const node of this.#world.nodes) {
      const location = node.chain?.store.transactionLocation(hash)
      const final = location && node.chain?.store.finalBlock(location.height)
      if (final === undefined || node.isByzantine) continue
      client.asked = node
      this.onFinal(node, final)
      return
    }
    this.#submit(client)
  }
}
