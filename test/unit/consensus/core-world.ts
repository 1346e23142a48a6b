/**
 * Several cores that hear each other after a fixed delay in virtual time, without a network, a
 * disk or a ledger. After every event it holds the invariants that no scenario may break.
 */
import { expect } from 'vitest'
import { utf8 } from '../../../src/base/bytes.ts'
import { defined } from '../../../src/base/invariant.ts'
import type { CommittedTip } from '../../../src/consensus/block-tree.ts'
import { Core } from '../../../src/consensus/core.ts'
import type { Effect, SigningRequest, TimerName } from '../../../src/consensus/effects.ts'
import type { Event } from '../../../src/consensus/events.ts'
import type { Block } from '../../../src/types/block.ts'
import type { CommitCertificate } from '../../../src/types/certificate.ts'
import type { ConsensusParameters } from '../../../src/types/genesis.ts'
import type { Hash } from '../../../src/types/ids.ts'
import { freshSafetyRecord, type SafetyRecord } from '../../../src/types/safety-record.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import type { Committee } from './committee.ts'

export const PARAMETERS: ConsensusParameters = {
  viewTimeoutMs: 1_000,
  viewTimeoutGrowth: 1.5,
  viewTimeoutSteadyViews: 2,
  viewTimeoutMsMax: 8_000,
  blockIntervalMsMin: 0,
  heartbeatMs: 0,
  clockDriftMsMax: 1_000,
  blockTransactionsMax: 100,
  blockBytesMax: 100_000,
  epochBlocksMax: 0,
  epochMsMin: 0,
}

/** Between any two replicas, one way. */
export const HOP_MS = 10

interface Member {
  core: Core
  record: SafetyRecord
  tip: CommittedTip
  readonly committed: Block[]
  committedAtMs: number
  certificate: CommitCertificate | null
  /** Above the tip, as a disk would have them. */
  readonly stored: Map<Hash, Block>
  readonly timers: Map<TimerName, number>
  readonly effects: Effect[]
  readonly said: Map<string, string>
  isUp: boolean
  generation: number
}

interface Item {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

export class CoreWorld {
  readonly committee: Committee
  readonly members: readonly Member[]
  readonly pool = new Set<string>()
  /** What is lost on its way. */
  loses: (from: number, to: number, event: Event) => boolean = () => false
  /** What is wrong with a block by the execution of one member; null = nothing. */
  judges: (member: number, block: Block) => string | null = () => null
  nowMs = 0
  messages = 0
  #order = 0
  #items: Item[] = []
  readonly #blocks = new Map<Hash, Block>()
  readonly #finalAt = new Map<number, Hash>()
  readonly #parameters: ConsensusParameters

  constructor(committee: Committee, parameters: Partial<ConsensusParameters> = {}) {
    this.committee = committee
    this.#parameters = { ...PARAMETERS, ...parameters }
    this.members = committee.all.map((index): Member => {
      const tip = { hash: committee.rootHash, height: 0, view: 0 }
      const record = freshSafetyRecord(committee.set.epoch, committee.root)
      return {
        core: this.#core(index, record, tip, null, []),
        record,
        tip,
        committed: [],
        committedAtMs: 0,
        certificate: null,
        stored: new Map(),
        timers: new Map(),
        effects: [],
        said: new Map(),
        isUp: true,
        generation: 0,
      }
    })
  }

  member(index: number): Member {
    return defined(this.members[index], 'a member')
  }

  core(index: number): Core {
    return this.member(index).core
  }

  start(): void {
    for (const index of this.committee.all) if (this.member(index).isUp) this.feed(index, { kind: 'start' })
  }

  crash(index: number): void {
    const member = this.member(index)
    member.isUp = false
    member.generation += 1
    member.timers.clear()
  }

  /** With what its disk holds: the record, the final chain, the blocks above it. */
  restart(index: number): void {
    const member = this.member(index)
    this.crash(index)
    member.isUp = true
    const blocks = [...member.stored.values()].sort((a, b) => a.header.height - b.header.height)
    member.core = this.#core(index, member.record, member.tip, member.certificate, blocks)
    this.feed(index, { kind: 'start' })
  }

  /** Puts a transaction into every pool. */
  submit(name: string): void {
    this.pool.add(name)
    for (const index of this.committee.all) this.#tellPayload(index)
  }

  /** Until nothing is left to happen, or the time has come. */
  run(untilMs = Number.POSITIVE_INFINITY, stepsMax = 20_000): void {
    for (let steps = 0; ; steps++) {
      const next = this.#items[0]
      if (next === undefined || next.atMs > untilMs) break
      expect(steps, 'steps until silence').toBeLessThan(stepsMax)
      this.#items.shift()
      this.nowMs = Math.max(this.nowMs, next.atMs)
      next.run()
    }
    if (untilMs !== Number.POSITIVE_INFINITY) this.nowMs = untilMs
  }

  get pendingTimers(): number {
    return this.members.reduce((sum, member) => sum + (member.isUp ? member.timers.size : 0), 0)
  }

  effectsOf<K extends Effect['kind']>(index: number, kind: K): Extract<Effect, { kind: K }>[] {
    return this.member(index).effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind)
  }

  feed(index: number, event: Event): readonly Effect[] {
    const member = this.member(index)
    if (!member.isUp) return []
    const before = member.core.record
    const effects = member.core.handle(event, this.nowMs)
    member.effects.push(...effects)
    this.#check(member, before)
    for (const effect of effects) this.#carryOut(index, effect)
    this.#tellPayload(index)
    return effects
  }

  /** From one member to another, after a hop. */
  deliver(from: number, to: number, event: Event): void {
    this.messages += 1
    if (this.loses(from, to, event)) return
    this.#at(this.nowMs + HOP_MS, () => this.feed(to, event))
  }

  #core(
    index: number,
    record: SafetyRecord,
    committed: CommittedTip,
    certificate: CommitCertificate | null,
    blocks: readonly Block[],
  ): Core {
    const { set, root, all } = this.committee
    return new Core(
      { validators: set, self: index, schedule: all, parameters: this.#parameters },
      {
        record: ownStatement(record),
        root: ownStatement(root),
        committed,
        commitCertificate: certificate === null ? null : ownStatement(certificate),
        blocks: blocks.map((block) => ownStatement(block)),
      },
    )
  }

  #check(member: Member, before: SafetyRecord | null): void {
    const { core } = member
    expect(core.view).toBe(Math.max(core.highQc.view, core.highTc?.view ?? 0) + 1)
    const after = defined(core.record, 'the record of a validator')
    for (const field of ['lastVotedView', 'lastTimeoutView', 'lastProposedView'] as const)
      expect(after[field]).toBeGreaterThanOrEqual(before?.[field] ?? 0)
    expect(after.highQc.view).toBeGreaterThanOrEqual(before?.highQc.view ?? 0)
  }

  #tellPayload(index: number): void {
    const member = this.member(index)
    if (!member.isUp) return
    const available = this.#next(member, member.core.highQc.blockHash) !== undefined
    if (available !== member.core.payloadAvailable) this.feed(index, { kind: 'payload', available })
  }

  /** The first transaction that the chain up to this block lacks. */
  #next(member: Member, upTo: Hash): string | undefined {
    const included = new Set([...member.committed, ...(member.core.chainTo(upTo) ?? [])].flatMap(namesIn))
    return [...this.pool].find((name) => !included.has(name))
  }

  #at(atMs: number, run: () => void): void {
    const item = { atMs, order: this.#order++, run }
    const place = this.#items.findLastIndex((other) => other.atMs <= atMs)
    this.#items.splice(place + 1, 0, item)
  }

  #soon(index: number, event: Event): void {
    const { generation } = this.member(index)
    this.#at(this.nowMs, () => {
      if (this.member(index).generation === generation) this.feed(index, event)
    })
  }

  #broadcast(from: number, event: Event): void {
    this.#soon(from, event)
    for (const to of this.committee.all) if (to !== from) this.deliver(from, to, event)
  }

  #carryOut(index: number, effect: Effect): void {
    const member = this.member(index)
    switch (effect.kind) {
      case 'storeBlock':
        this.#blocks.set(effect.block.hash, effect.block)
        member.stored.set(effect.block.hash, effect.block)
        return
      case 'sign':
        member.record = effect.record
        return this.#sign(index, effect.request)
      case 'execute': {
        const fault = this.judges(index, effect.block)
        const { hash } = effect.block
        return this.#soon(index, { kind: 'executed', hash, valid: fault === null, reason: fault ?? '' })
      }
      case 'build': {
        const { view, justify, tc, empty, parentHash } = effect.request
        const name = empty ? undefined : this.#next(member, parentHash)
        if (!empty && name === undefined) return this.#soon(index, { kind: 'built', view, block: null })
        const transactions = name === undefined ? [] : [utf8(name)]
        const parent = this.#blocks.get(parentHash)
        const block = this.committee.block({ view, parent, justify, tc, transactions })
        return this.#soon(index, { kind: 'built', view, block: ownStatement(block) })
      }
      case 'commit':
        return this.#commit(member, effect.blocks, effect.finality.certificate)
      case 'fetch':
        return this.#fetch(index, effect)
      case 'sendProposal':
        for (const to of this.committee.all)
          if (to !== index) this.deliver(index, to, { kind: 'proposal', proposal: ownStatement(effect.proposal) })
        return
      case 'sendCertificates':
        for (const to of this.committee.all)
          if (to !== index && (effect.to === 'all' || effect.to === to)) this.#sendCertificates(index, to)
        return
      case 'requestCertificates':
        for (const from of effect.from)
          if (from !== index) this.#at(this.nowMs + HOP_MS, () => this.#sendCertificates(from, index))
        return
      case 'setTimer': {
        member.timers.set(effect.timer, effect.atMs)
        const { generation } = member
        this.#at(effect.atMs, () => {
          if (member.generation !== generation || member.timers.get(effect.timer) !== effect.atMs) return
          member.timers.delete(effect.timer)
          this.feed(index, { kind: 'timer', timer: effect.timer })
        })
        return
      }
      case 'clearTimer':
        member.timers.delete(effect.timer)
        return
      // Tests find these among the effects that are kept.
      case 'halt':
      case 'resendTransactions':
      case 'epochEnded':
      case 'viewEntered':
      case 'viewTimedOut':
        return
    }
  }

  #sendCertificates(from: number, to: number): void {
    if (!this.member(from).isUp) return
    const { highQc, highTc, highCommit } = this.core(from)
    const bundle = { epoch: this.committee.set.epoch, highQc, tc: highTc, commitCertificate: highCommit }
    this.deliver(from, to, { kind: 'certificates', bundle: ownStatement(bundle) })
  }

  #sign(index: number, request: SigningRequest): void {
    const { view } = request
    const statement = JSON.stringify({ ...request, vote: undefined, proposal: undefined, block: undefined }, asText)
    const text = request.kind === 'proposal' ? request.block.hash : statement
    const { said } = this.member(index)
    expect(said.get(`${request.kind} ${view}`) ?? text).toBe(text)
    said.set(`${request.kind} ${view}`, text)
    switch (request.kind) {
      case 'vote': {
        const vote = ownStatement(this.committee.vote(index, view, request.blockHash, request.justifyView))
        return this.#broadcast(index, { kind: 'vote', vote })
      }
      case 'commit': {
        const vote = ownStatement(this.committee.commitVote(index, view, request.blockHash))
        return this.#broadcast(index, { kind: 'commitVote', vote })
      }
      case 'timeout': {
        const { highQc, ...parts } = request
        const message = ownStatement(this.committee.timeoutMessage(index, view, highQc, parts))
        return this.#broadcast(index, { kind: 'timeout', message })
      }
      case 'proposal':
        return this.#broadcast(index, {
          kind: 'proposal',
          proposal: ownStatement(this.committee.proposal(request.block)),
        })
    }
  }

  #commit(member: Member, blocks: readonly Block[], certificate: CommitCertificate): void {
    for (const block of blocks) {
      const { height } = block.header
      expect(height).toBe(member.tip.height + 1)
      expect(block.header.parentHash).toBe(member.tip.hash)
      expect(this.#finalAt.get(height) ?? block.hash).toBe(block.hash)
      this.#finalAt.set(height, block.hash)
      member.tip = { hash: block.hash, height, view: block.header.consensus.view }
      member.committed.push(block)
      member.stored.delete(block.hash)
    }
    member.certificate = certificate
    member.committedAtMs = this.nowMs
  }

  /** From whichever of the signers holds it; again and again while nobody does. */
  /** As the block fetcher: until a block of the certificate's view or later is final. */
  #fetch(index: number, wanted: Extract<Effect, { kind: 'fetch' }>): void {
    const { generation } = this.member(index)
    const { hash, view, signers } = wanted
    this.#at(this.nowMs + 2 * HOP_MS, () => {
      const member = this.member(index)
      if (member.generation !== generation || member.tip.view >= view) return
      const held = signers.flatMap((signer) => (signer === index ? [] : (this.#held(signer, index, hash) ?? [])))[0]
      if (held !== undefined) this.feed(index, { kind: 'blocks', blocks: [ownStatement(held)] })
      else this.#fetch(index, wanted)
    })
  }

  #held(holder: number, asker: number, hash: Hash): Block | undefined {
    const { isUp, stored, committed } = this.member(holder)
    const block = stored.get(hash) ?? committed.find((candidate) => candidate.hash === hash)
    if (!isUp || block === undefined) return undefined
    return this.loses(holder, asker, { kind: 'blocks', blocks: [ownStatement(block)] }) ? undefined : block
  }
}

function namesIn(block: Block): string[] {
  return block.transactions.map((envelope) => new TextDecoder().decode(envelope))
}

function asText(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? [...value].join() : value
}
