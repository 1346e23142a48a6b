/**
 * People who run validators: now and then they agree to change the set, and vote for it by hand. What a
 * liar proposes they leave alone.
 */
import { toHex } from '../../base/bytes.ts'
import { defined } from '../../base/invariant.ts'
import { addressOfPublicKey } from '../../crypto/secp256k1.ts'
import { systemWordsIn } from '../../ledger/system/state-records.ts'
import { readValidatorRecord } from '../../ledger/system/validator-records.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import type { Address } from '../../types/ids.ts'
import {
  decodeGovernanceCall,
  encodeGovernanceCall,
  type GovernanceCall,
  readGovernanceLog,
} from '../governance-calls.ts'
import type { SimulatedNode } from '../host/simulated-node.ts'
import type { World } from '../world.ts'

/** What they have agreed on beforehand, as data. */
export type Move =
  | { readonly kind: 'leave'; readonly atMs: number; readonly node: number }
  /** Its operator has it sign with another key. */
  | { readonly kind: 'rotate'; readonly atMs: number; readonly node: number }
  | { readonly kind: 'remove'; readonly atMs: number; readonly node: number }
  /** Of one that was removed: it is to wait for a place again. */
  | { readonly kind: 'add'; readonly atMs: number; readonly node: number }
  | { readonly kind: 'resize'; readonly atMs: number; readonly validators: number }

/** Whoever was down, or no validator yet, is asked again. */
const AGAIN_US = 700_000

export class Operators {
  readonly #world: World
  /** Calls that propose what they agree on. */
  readonly #wanted = new Set<string>()
  /** Proposals that have not passed. */
  readonly #agreed = new Set<number>()
  /** Nodes that are proposed to come back. */
  readonly #returning = new Set<number>()
  /** Calls that change a key and are final. */
  readonly #rotated = new Set<string>()
  #height = 0

  constructor(world: World) {
    this.#world = world
  }

  start(moves: readonly Move[]): void {
    for (const move of moves) this.#world.scheduler.at(move.atMs * 1000, () => this.#make(move))
  }

  onFinal(node: SimulatedNode, { block, transactions, receipts }: FinalBlock): void {
    if (node.isByzantine || block.header.height <= this.#height) return
    this.#height = block.header.height
    for (const [index, { data }] of transactions.entries()) {
      if (receipts[index]?.status === 1 && decodeGovernanceCall(data)?.kind === 'rotateKey')
        this.#rotated.add(toHex(data))
      for (const log of receipts[index]?.logs ?? []) {
        const event = readGovernanceLog(log)
        if (event?.kind === 'proposed' && this.#wanted.has(toHex(data))) {
          if (event.what === 'add') this.#returning.add(this.#nodeOf(event.subject))
          this.#agree(event.proposal)
        } else if (event?.kind === 'passed') this.#agreed.delete(event.proposal)
      }
    }
  }

  #make(move: Move): void {
    if (this.#world.isCalm) return
    if (move.kind === 'leave') {
      const leaving = this.#world.nodes[move.node]
      if (leaving?.isByzantine === false) this.#call(leaving, { kind: 'leave' })
      return
    }
    if (move.kind === 'rotate') {
      this.#rotate(move.node)
      return
    }
    const call = this.#proposalOf(move)
    const proposer = this.#world.nodes.find(({ isByzantine, replica, index }) => {
      const isValidator = (replica?.epoch.self ?? null) !== null
      return isValidator && !isByzantine && !(move.kind === 'remove' && index === move.node)
    })
    this.#wanted.add(toHex(encodeGovernanceCall(call)))
    if (proposer !== undefined) this.#call(proposer, call)
    // Its removal may take a while yet, and until then the call is refused.
    const isRefused = move.kind === 'add' && !this.#returning.has(move.node)
    if (isRefused) this.#world.scheduler.after(AGAIN_US, () => this.#make(move))
  }

  #proposalOf(move: Exclude<Move, { kind: 'leave' | 'rotate' }>): GovernanceCall {
    if (move.kind === 'resize') return { kind: 'resize', validators: move.validators }
    const { nodes, genesis } = this.#world
    const { address, publicKey } = defined(genesis.identities[move.node], 'an identity')
    if (move.kind === 'remove') return { kind: 'proposeRemove', subject: address }
    // It comes back with the key that it had last.
    const state = nodes.find(({ height }) => height === this.#height)?.replica?.finalState
    const record = state && readValidatorRecord(systemWordsIn(state), address)
    const node = defined(nodes[move.node], 'a node')
    const key = record?.consensusKey ?? publicKey
    return { kind: 'proposeAdd', ...node.keys.proven(key, addressOfPublicKey(key)) }
  }

  /** Again and again, until one of its keys is accepted; another is made only when it was. */
  #rotate(node: number): void {
    const rotating = this.#world.nodes[node]
    if (rotating?.isByzantine !== false) return
    let call: GovernanceCall | null = null
    const ask = (): void => {
      const isDone = call !== null && this.#rotated.has(toHex(encodeGovernanceCall(call)))
      if (isDone || this.#world.isCalm) return
      rotating.nextKey((key) => {
        call = { kind: 'rotateKey', ...key }
        this.#call(rotating, call)
      })
      this.#world.scheduler.after(AGAIN_US, ask)
    }
    ask()
  }

  /** All of them vote, until it has passed. */
  #agree(proposal: number): void {
    this.#agreed.add(proposal)
    const ask = (): void => {
      if (!this.#agreed.has(proposal) || this.#world.isCalm) return
      for (const node of this.#world.nodes)
        if (!node.isByzantine) this.#call(node, { kind: 'vote', proposal, approve: true })
      this.#world.scheduler.after(AGAIN_US, ask)
    }
    ask()
  }

  #nodeOf(subject: Address): number {
    return this.#world.genesis.identities.findIndex(({ address }) => address === subject)
  }

  #call(node: SimulatedNode, call: GovernanceCall): void {
    node.deliver((replica) => {
      if (replica.isStarted) replica.call(encodeGovernanceCall(call), () => undefined)
    })
  }
}
