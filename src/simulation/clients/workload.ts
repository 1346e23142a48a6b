/**
 * Clients: each sends a few signed transactions to some nodes, waits until all of their nonces are
 * used, thinks, and sends the next. What is not answered goes to another node, the same bytes.
 */
import type { FinalBlock } from '../../types/final-block.ts'
import type { Hash } from '../../types/ids.ts'
import type { Identity } from '../host/simulated-crypto.ts'
import type { SimulatedNode } from '../host/simulated-node.ts'
import { Random } from '../random.ts'
import type { World } from '../world.ts'
import { anyOperation, large, type OperationContext, replacement, type Sent, transferAll } from './client-operations.ts'

const PATIENCE_US = 3_000_000
/** Shares of what clients do besides sending one transaction to one node. */
const TWICE_SHARE = 0.1
const BURST_SHARE = 0.1
const BURST = 3
const REPLACEMENT_SHARE = 0.05
const OVERSPEND_SHARE = 0.02
const TRANSFER_ALL_SHARE = 0.003

/** One nonce, and the transactions that compete for it. */
interface Slot {
  readonly client: Client
  readonly nonce: number
  readonly candidates: Sent[]
  /** Who was asked for each candidate. */
  readonly asked: Map<Hash, SimulatedNode>
}

interface Client {
  readonly identity: Identity
  nonce: number
  readonly slots: Set<Slot>
  /** Sent before its nonce was due, and perhaps never to be paid for. */
  early: Sent | null
  hasOverspent: boolean
  /** It has sent all it had. */
  isBroke: boolean
}

export class Workload {
  readonly #world: World
  readonly #random: Random
  readonly #clients: Client[]
  readonly #waiting = new Map<Hash, Slot>()
  #isOver = false
  /** Transactions whose receipt a client has. */
  receipts = 0

  constructor(world: World) {
    this.#world = world
    this.#random = new Random(world.scenario.seed, 'workload')
    this.#clients = world.genesis.clients.slice(0, world.scenario.clients).map((identity) => ({
      identity,
      nonce: 0,
      slots: new Set(),
      early: null,
      hasOverspent: false,
      isBroke: false,
    }))
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
      const slot = this.#waiting.get(hash)
      const asked = slot?.asked.get(hash)
      if (slot !== undefined && (asked === node || asked?.isByzantine === true)) this.#answer(slot, node, hash)
    }
  }

  #answer(slot: Slot, node: SimulatedNode, hash: Hash): void {
    const { client, nonce, candidates } = slot
    for (const candidate of candidates) this.#waiting.delete(candidate.hash)
    client.slots.delete(slot)
    client.nonce = Math.max(client.nonce, nonce + 1)
    this.receipts += 1
    for (const checker of this.#world.checkers) checker.onReceipt?.(node, hash)
    if (client.slots.size === 0) this.#think(client)
  }

  #think(client: Client): void {
    const delayMs = this.#random.exponential(this.#world.scenario.thinkMs)
    this.#world.scheduler.after(Math.ceil(delayMs * 1000), () => this.#begin(client))
  }

  #begin(client: Client): void {
    const random = this.#random
    const node = random.pick(this.#upNodes())
    if (this.#isOver || client.isBroke) return
    if (node === undefined) {
      this.#think(client)
      return
    }
    const context = this.#context(client, node)
    const { identity, nonce } = client
    if (random.chance(OVERSPEND_SHARE) && !client.hasOverspent) this.#overspend(client, context)
    else if (random.chance(TRANSFER_ALL_SHARE)) {
      client.isBroke = true
      this.#open(client, [transferAll(identity, nonce, context)])
    } else if (random.chance(REPLACEMENT_SHARE))
      this.#open(client, [anyOperation(identity, nonce, context), replacement(identity, nonce, context)])
    else {
      const count = random.chance(BURST_SHARE) ? BURST : 1
      const burst = Array.from({ length: count }, (_, index) => anyOperation(identity, nonce + index, context))
      // In no order: what comes before its turn waits behind a gap.
      for (const sent of random.shuffled(burst)) this.#open(client, [sent])
    }
  }

  /** Two that cannot both be paid for, to two nodes; the second may come before the first. */
  #overspend(client: Client, context: OperationContext): void {
    client.hasOverspent = true
    const first = large(client.identity, client.nonce, context)
    client.early = large(client.identity, client.nonce + 1, context)
    this.#send(client.early, true)
    this.#open(client, [first])
  }

  #context(client: Client, node: SimulatedNode): OperationContext {
    const { genesis } = this.#world
    const balance = node.replica?.finalState.account(client.identity.address).balance ?? 0n
    return { random: this.#random, chainId: genesis.genesis.chainId, clients: genesis.clients, balance }
  }

  #open(client: Client, candidates: Sent[]): void {
    const nonce = candidates[0]?.nonce ?? client.nonce
    const slot: Slot = { client, nonce, candidates, asked: new Map() }
    if (client.early?.nonce === nonce) candidates.push(client.early)
    client.slots.add(slot)
    for (const candidate of candidates) this.#waiting.set(candidate.hash, slot)
    this.#submit(slot)
  }

  #submit(slot: Slot): void {
    const { client, candidates, asked } = slot
    const isContested = candidates.length > 1 || client.hasOverspent || client.isBroke
    for (const candidate of candidates) {
      const node = this.#send(candidate, isContested)
      if (node !== undefined) asked.set(candidate.hash, node)
    }
    this.#world.scheduler.after(PATIENCE_US, () => {
      if (client.slots.has(slot)) this.#askAgain(slot)
    })
  }

  #send(sent: Sent, isContested: boolean): SimulatedNode | undefined {
    const { checkers } = this.#world
    const nodes = this.#upNodes()
    const node = this.#random.pick(nodes)
    const { hash, nonce } = sent
    const sender = this.#waiting.get(hash)?.client.identity.address
    for (const checker of checkers) checker.onSend?.(hash)
    node?.submit(sent.envelope, (verdict) => {
      if (verdict.ok && sender !== undefined)
        for (const checker of checkers) checker.onAccepted?.(node, hash, { sender, nonce, isContested })
    })
    if (this.#random.chance(TWICE_SHARE)) this.#random.pick(nodes)?.submit(sent.envelope, () => undefined)
    return node
  }

  /** It may be final already, and the node that was asked down since. */
  #askAgain(slot: Slot): void {
    for (const node of this.#world.nodes)
      for (const { hash } of slot.candidates)
        if (!node.isByzantine && node.chain?.store.transactionLocation(hash) !== undefined) {
          this.#answer(slot, node, hash)
          return
        }
    if (this.#isUnpayable(slot)) this.#giveUp(slot)
    else this.#submit(slot)
  }

  /** A client that has spent too much may lack the coins for what it sends: no node takes it then. */
  #isUnpayable({ client, candidates }: Slot): boolean {
    if (!client.hasOverspent && !client.isBroke) return false
    const { address } = client.identity
    return this.#world.nodes.every((node) => {
      const balance = node.isByzantine ? undefined : node.replica?.finalState.account(address).balance
      return balance === undefined || candidates.every(({ cost }) => cost > balance)
    })
  }

  #giveUp(slot: Slot): void {
    slot.client.isBroke = true
    for (const candidate of slot.candidates) this.#waiting.delete(candidate.hash)
    slot.client.slots.delete(slot)
  }

  #upNodes(): readonly SimulatedNode[] {
    return this.#world.nodes.filter((node) => node.isUp)
  }
}
