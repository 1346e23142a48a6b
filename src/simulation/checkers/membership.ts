/**
 * INVARIANTS of who belongs to the network, counted anew from the final transactions: only the guilty are
 * jailed, once for an epoch, and only who was voted out by a quorum leaves; votes count once; the set never
 * falls below its least size, and who comes in waited for it and has shown that it is level.
 */
import { toHex } from '../../base/bytes.ts'
import { addressOfPublicKey } from '../../crypto/secp256k1.ts'
import { readCandidates } from '../../ledger/system/candidate-queue.ts'
import { readParameters } from '../../ledger/system/parameters.ts'
import { systemWordsIn } from '../../ledger/system/state-records.ts'
import { readValidators } from '../../ledger/system/validator-records.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import type { Address, Hash, Height } from '../../types/ids.ts'
import type { Receipt } from '../../types/receipt.ts'
import type { SignedTransaction } from '../../types/transaction.ts'
import type { Validator } from '../../types/validator-set.ts'
import type { Checker } from '../checker.ts'
import {
  decodeGovernanceCall,
  GOVERNANCE_ADDRESS,
  type GovernanceCall,
  readGovernanceLog,
} from '../governance-calls.ts'
import type { SimulatedNode } from '../host/simulated-node.ts'
import type { SimulatedGenesis } from '../simulated-genesis.ts'
import { SimulationFailure } from '../simulation-failure.ts'

interface Proposal {
  readonly what: 'add' | 'remove'
  readonly subject: Address
  readonly votes: Map<Address, boolean>
  hasPassed: boolean
}

const FREE_CALLS_MAX = 8

export class MembershipChecker implements Checker {
  readonly #genesis: SimulatedGenesis
  readonly #guilty: ReadonlySet<Address>
  #members: readonly Address[]
  /** The last of each member, as hex. */
  readonly #keys: Map<Address, string>
  /** Whose key has this address, of those that came later than the first, whose address is the id itself. */
  readonly #owners = new Map<Address, Address>()
  /** By owner: the address of the key that it speaks with, once it is not the first any more. */
  readonly #speakers = new Map<Address, Address>()
  #queue: readonly Address[]
  readonly #readyAt = new Map<Address, Height>()
  readonly #jailed = new Set<Address>()
  readonly #punished = new Set<string>()
  readonly #proposals = new Map<number, Proposal>()
  /** Of their own will. */
  readonly #leaving = new Set<Address>()
  readonly #stateRoots = new Map<Height, Hash>()
  #target: number
  #epoch = 0
  #height = 0

  /** `guilty`: who may be punished. */
  constructor(genesis: SimulatedGenesis, guilty: readonly Address[]) {
    this.#genesis = genesis
    this.#guilty = new Set(guilty)
    this.#target = genesis.genesis.targetValidators
    this.#members = genesis.validators.members.map(({ address }) => address)
    this.#keys = new Map(genesis.validators.members.map(({ address, consensusKey }) => [address, toHex(consensusKey)]))
    this.#queue = genesis.genesis.candidates.map(({ address }) => address)
  }

  onFinal(node: SimulatedNode, final: FinalBlock): void {
    const { header } = final.block
    if (node.isByzantine || header.height !== this.#height + 1) return
    this.#height = header.height
    this.#requireFewFreeCalls(final)
    if (header.consensus.epoch > this.#epoch) this.#settle()
    this.#epoch = header.consensus.epoch
    for (const [index, transaction] of final.transactions.entries()) {
      const receipt = final.receipts[index]
      if (transaction.to === GOVERNANCE_ADDRESS && receipt?.status === 1) this.#take(transaction, receipt)
    }
    this.#stateRoots.set(header.height, header.stateRoot)
    const state = node.chain?.store.stateAt(header.height)
    if (state === undefined) return
    const words = systemWordsIn(state)
    this.#target = readParameters(words).targetValidators
    const members = readValidators(words)
    const rotated = this.#changeKeys(members)
    this.#enter(
      members.map(({ address }) => address),
      readCandidates(words),
      rotated,
    )
  }

  /** INVARIANT: nobody honest is left with proof of a fault that nothing has come of. */
  onEnd(nodes: readonly SimulatedNode[]): void {
    for (const { isByzantine, replica, index } of nodes) {
      const isValidator = !isByzantine && replica?.epoch.self !== null
      const [left] = isValidator ? (replica?.heldEvidence ?? []) : []
      if (left !== undefined) throw wrong(`node ${index} still holds ${left.kind} of ${left.culprit} in the end`)
    }
    for (const { isByzantine, isObserver, isUp, index, validator } of nodes) {
      const candidate = this.#genesis.identities[validator]?.address
      const waits = candidate !== undefined && this.#queue.includes(candidate)
      if (waits && !isByzantine && !isObserver && isUp && !this.#isReady(candidate))
        throw wrong(`node ${index} is level with the others, and not ready`)
    }
    const jailed = this.#members.filter((member) => this.#jailed.has(member))
    if (jailed.length > 0 && this.#canGo) throw wrong(`${jailed.join(', ')} is jailed, and was not voted out`)
  }

  #take({ sender, data }: SignedTransaction, { logs }: Receipt): void {
    const call = decodeGovernanceCall(data)
    if (call !== undefined) this.#takeCall(sender, call)
    for (const log of logs) {
      const event = readGovernanceLog(log)
      if (event?.kind === 'proposed' && event.what !== 'parameter')
        this.#proposals.set(event.proposal, { ...event, what: event.what, votes: new Map(), hasPassed: false })
      else if (event?.kind === 'passed') this.#pass(event.proposal)
      else if (event?.kind === 'evidenceAccepted') this.#punish(event.culprit, event.epoch)
      else if (event?.kind === 'jailed') this.#jailed.add(this.#guiltyOnly(event.validator, 'jailed'))
    }
  }

  #takeCall(speaker: Address, call: GovernanceCall): void {
    const sender = this.#owners.get(speaker) ?? speaker
    if ((this.#speakers.get(sender) ?? sender) !== speaker) throw wrong(`${sender} calls with ${speaker}, not its key`)
    if (call.kind === 'vote') {
      if (!this.#members.includes(sender) || this.#jailed.has(sender)) throw wrong(`${sender} votes, which it may not`)
      const votes = this.#proposals.get(call.proposal)?.votes
      if (votes?.get(sender) === call.approve) throw wrong(`the same vote of ${sender} counts again`)
      votes?.set(sender, call.approve)
    } else if (call.kind === 'ready') {
      if (!this.#queue.includes(sender)) throw wrong(`${sender} is ready and no candidate`)
      if (this.#stateRoots.get(call.height) !== call.stateRoot) throw wrong(`${sender} is ready with a wrong state`)
      this.#readyAt.set(sender, call.height)
    } else if (call.kind === 'leave') {
      this.#leaving.add(sender)
    } else if (call.kind === 'rotateKey') {
      if (!this.#members.includes(sender) || this.#jailed.has(sender)) throw wrong(`${sender} changes its key, jailed`)
      this.#owners.set(addressOfPublicKey(call.publicKey), sender)
    }
  }

  #punish(culprit: Address, epoch: number): void {
    const key = `${this.#guiltyOnly(culprit, 'punished')} ${epoch}`
    if (this.#punished.has(key)) throw wrong(`${culprit} is punished twice for epoch ${epoch}`)
    this.#punished.add(key)
  }

  #guiltyOnly(address: Address, what: string): Address {
    if (!this.#guilty.has(address)) throw wrong(`honest ${address} is ${what}`)
    return address
  }

  #pass(id: number): void {
    const proposal = this.#proposals.get(id)
    if (proposal === undefined) return
    if (!this.#isApproved(proposal)) throw wrong(`proposal ${id} passes without a quorum`)
    proposal.hasPassed = true
  }

  #isApproved({ votes }: Proposal): boolean {
    const approvals = this.#members.filter((member) => votes.get(member) === true && !this.#jailed.has(member)).length
    return approvals >= this.#members.length - Math.floor((this.#members.length - 1) / 3)
  }

  /** Another set has another quorum: what has enough votes of it passes without a further one. */
  #settle(): void {
    for (const proposal of this.#proposals.values()) proposal.hasPassed ||= this.#isApproved(proposal)
  }

  #decided(what: Proposal['what']): readonly Address[] {
    const passed = [...this.#proposals.values()].filter((proposal) => proposal.hasPassed && proposal.what === what)
    return passed.map(({ subject }) => subject)
  }

  /** How many members have another key than before: one that they have asked for. */
  #changeKeys(next: readonly Validator[]): number {
    let rotated = 0
    for (const { address, consensusKey } of next) {
      const [before, key] = [this.#keys.get(address), toHex(consensusKey)]
      this.#keys.set(address, key)
      if (before === undefined || before === key) continue
      const speaker = addressOfPublicKey(consensusKey)
      if (this.#owners.get(speaker) !== address) throw wrong(`${address} has a key that it has not asked for`)
      this.#speakers.set(address, speaker)
      if (this.#members.includes(address)) rotated += 1
    }
    return rotated
  }

  #enter(next: readonly Address[], queue: readonly Address[], rotated: number): void {
    const { minValidators } = this.#genesis.genesis
    const removed = this.#members.filter((member) => !next.includes(member))
    const added = next.filter((member) => !this.#members.includes(member))
    const decided = this.#decided('remove')
    for (const member of removed)
      if (!decided.includes(member) && !this.#leaving.has(member)) throw wrong(`${member} is out without a vote`)
    this.#requireFewChanges(removed, added, rotated)
    for (const member of added) {
      if (!this.#queue.includes(member)) throw wrong(`${member} comes in and was no candidate`)
      if (!this.#isReady(member)) throw wrong(`${member} comes in and is not ready`)
    }
    if (next.length < this.#members.length && next.length < minValidators)
      throw wrong(`${next.length} validators are left, at least ${minValidators} must be`)
    const withdrawn = this.#queue.filter((candidate) => !queue.includes(candidate) && !added.includes(candidate))
    this.#wait(queue, withdrawn)
    for (const member of [...removed, ...withdrawn]) this.#forget(member, 'remove')
    for (const member of added) this.#forget(member, 'add')
    this.#members = next
    this.#queue = queue
    this.#requireNoDelay(this.#decided('remove'))
  }

  /** Who waits was voted in, and waits until it comes in or goes in the same way as a validator. */
  #wait(queue: readonly Address[], withdrawn: readonly Address[]): void {
    for (const candidate of queue)
      if (!this.#queue.includes(candidate) && !this.#decided('add').includes(candidate))
        throw wrong(`${candidate} waits for a place, and nobody voted for it`)
    for (const candidate of withdrawn)
      if (!this.#decided('remove').includes(candidate) && !this.#leaving.has(candidate))
        throw wrong(`${candidate} waits no longer, and nobody voted against it`)
  }

  /** What was decided has happened: whoever comes or goes again needs another vote. */
  #forget(subject: Address, what: Proposal['what']): void {
    for (const [id, proposal] of this.#proposals)
      if (proposal.subject === subject && proposal.what === what && proposal.hasPassed) this.#proposals.delete(id)
    if (what === 'add') return
    this.#leaving.delete(subject)
    this.#readyAt.delete(subject)
  }

  /** Who is jailed goes besides, and a replacement comes with whom it replaces. */
  #requireFewChanges(removed: readonly Address[], added: readonly Address[], rotated: number): void {
    const cap = Math.max(1, Math.floor((this.#members.length - 1) / 3))
    const byChoice = removed.filter((member) => !this.#jailed.has(member)).length
    const changes = byChoice + Math.max(0, added.length - removed.length) + rotated
    if (changes > cap) throw wrong(`${changes} changes in one epoch, at most ${cap} may be`)
  }

  /** Who is voted out goes at once, unless the set would be too small without a candidate that is ready. */
  #requireNoDelay(decided: readonly Address[]): void {
    const waiting = decided.filter((member) => this.#members.includes(member) && this.#jailed.has(member))
    if (waiting.length > 0 && this.#canGo) throw wrong(`${waiting.join(', ')} is voted out, and still there`)
  }

  get #canGo(): boolean {
    const size = this.#members.length
    return (
      size > this.#genesis.genesis.minValidators ||
      (size <= this.#target && this.#queue.some((member) => this.#isReady(member)))
    )
  }

  #isReady(candidate: Address): boolean {
    const readyAt = this.#readyAt.get(candidate)
    return readyAt !== undefined && this.#height - readyAt <= this.#genesis.genesis.governance.readyBlocksMax
  }

  #requireFewFreeCalls({ block, transactions, receipts }: FinalBlock): void {
    if (block.header.baseFeePerGas === 0n) return
    const free = new Map<Address, number>()
    for (const [index, { sender }] of transactions.entries())
      if (receipts[index]?.effectiveGasPrice === 0n) free.set(sender, (free.get(sender) ?? 0) + 1)
    for (const [sender, count] of free)
      if (count > FREE_CALLS_MAX)
        throw wrong(`${sender} calls ${count} times in block ${this.#height} and pays nothing`)
  }
}

function wrong(message: string): SimulationFailure {
  return new SimulationFailure('membership', message)
}
