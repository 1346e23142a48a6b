/**
 * Runs one Twins scenario. Messages are delivered in the order in which they were sent; time stands still meanwhile
 * and goes on to the next timer when none is under way. What is said in a view reaches who shares a part
 * of the network with the speaker in it; a timeout that is repeated reaches all, so that every view ends.
 */
import { defined } from '../../base/invariant.ts'
import type { Effect, SigningRequest, TimerName } from '../../consensus/effects.ts'
import type { Event } from '../../consensus/events.ts'
import { StatementDigests } from '../../crypto/statement-digests.ts'
import type { DirectMessage } from '../../network/messages.ts'
import { highestCertificates } from '../../replica/certificate-exchange.ts'
import { statementOf, utterance } from '../../replica/utterance.ts'
import type { Block } from '../../types/block.ts'
import type { Hash, View } from '../../types/ids.ts'
import { createEpochValidators, type EpochValidators } from '../../validation/epoch-validators.ts'
import { ownStatement } from '../../validation/own-statement.ts'
import type { SimulatedCrypto } from '../host/simulated-crypto.ts'
import type { SimulatedGenesis } from '../simulated-genesis.ts'
import { SimulationFailure } from '../simulation-failure.ts'
import { TwinChecks } from './twin-checks.ts'
import { judged } from './twin-judge.ts'
import { TwinReplica } from './twin-replica.ts'
import type { TwinScenario } from './twin-scenario.ts'

export interface TwinResult {
  readonly failure: SimulationFailure | null
  /** The highest that was entered. */
  readonly views: number
  /** Validators that what was said proves guilty. */
  readonly guilty: readonly number[]
  readonly met: ReadonlySet<TwinEncounter>
}

/** What a search has to meet, or it has not searched. */
export const TWIN_ENCOUNTERS = [
  'commit before the heal',
  'two proposals in a view',
  'uncommitted fork',
  'tc',
  'view that all had to end',
  'block fetched',
  'twin proven guilty',
] as const

export type TwinEncounter = (typeof TWIN_ENCOUNTERS)[number]

export interface TwinObserver {
  onEffect?(replica: TwinReplica, effect: Effect, nowMs: number): void
}

/** After the heal 2t + 1 bad leaders may follow each other, and then two good ones are needed. */
const HEALED_VIEWS_MAX = 8
const STEPS_MAX = 100_000

/** What was said by one to several; judged once, for all receivers have the same judges, and only if one wants it. */
interface Said {
  readonly from: TwinReplica
  readonly message: DirectMessage
  /** Undefined until somebody wants it. */
  event: Event | undefined
}

type Delivery =
  | { readonly to: TwinReplica; readonly said: Said }
  /** From itself. */
  | { readonly to: TwinReplica; readonly event: Event }

export class TwinRun {
  readonly #scenario: TwinScenario
  readonly #network: SimulatedGenesis
  readonly #checks: TwinChecks
  readonly #judges: EpochValidators
  readonly #digests: StatementDigests
  readonly #replicas: readonly TwinReplica[]
  readonly #observer: TwinObserver
  readonly #met = new Set<TwinEncounter>()
  readonly #proposed = new Map<View, Hash>()
  readonly #children = new Map<Hash, Hash>()
  #queue: Delivery[] = []
  #nowMs = 0

  constructor(scenario: TwinScenario, network: SimulatedGenesis, crypto: SimulatedCrypto, observer: TwinObserver = {}) {
    const { validators, twins, views } = scenario
    this.#scenario = scenario
    this.#network = network
    this.#observer = observer
    // Views count from 1; behind those of the scenario all lead in turn.
    const turns = Array.from({ length: 16 * validators }, (_, turn) => turn % validators)
    const schedule = [0, ...views.map(({ leader }) => leader), ...turns]
    this.#checks = new TwinChecks(network, crypto, schedule)
    const genesisHash = network.block.block.hash
    this.#digests = new StatementDigests(genesisHash)
    const parameters = { ...network.genesis.consensus, blockIntervalMsMin: 0 }
    const leaderOf = (view: View): number => schedule[view % schedule.length] ?? 0
    this.#judges = createEpochValidators(
      { genesisHash, validators: network.validators, rootHash: genesisHash, leaderOf, bounds: parameters },
      crypto.verifier,
    )
    const all = [...Array.from({ length: validators }, (_, index) => index), ...twins]
    this.#replicas = all.map(
      (validator, index) => new TwinReplica(index, validator, twins.includes(validator), network, schedule, parameters),
    )
  }

  run(): TwinResult {
    let failure: SimulationFailure | null = null
    try {
      this.#run()
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error
      failure = error
    }
    const guilty = [...this.#checks.guilty].sort((a, b) => a - b)
    if (guilty.length > 0) this.#met.add('twin proven guilty')
    return { failure, guilty, views: Math.max(...this.#honest.map(({ core }) => core.view)), met: this.#met }
  }

  get #honest(): readonly TwinReplica[] {
    return this.#replicas.filter(({ isGuilty }) => !isGuilty)
  }

  #run(): void {
    const last = this.#scenario.views.length
    const honest = this.#honest
    for (const replica of this.#replicas) {
      this.#feed(replica, { kind: 'payload', available: true })
      this.#feed(replica, { kind: 'start' })
    }
    for (let steps = 0; honest.some(({ core }) => core.tip.view <= last); steps++) {
      this.#deliverAll()
      const late = honest.find(({ core }) => core.tip.view <= last && core.view > last + HEALED_VIEWS_MAX)
      if (late !== undefined || steps > STEPS_MAX) throw new SimulationFailure('liveness', this.#positions())
      this.#advance()
    }
    this.#checks.requireInnocence(new Set(honest.map(({ validator }) => validator)))
  }

  #deliverAll(): void {
    const last = this.#scenario.views.length
    for (let at = 0; at < this.#queue.length; at++) {
      const delivery = defined(this.#queue[at], 'a delivery')
      if ('event' in delivery) this.#feed(delivery.to, delivery.event)
      else if (isWanted(delivery.to, delivery.said.message)) this.#feed(delivery.to, this.#judge(delivery.said))
      if (at > STEPS_MAX) throw new SimulationFailure('liveness', `messages without end; ${this.#positions()}`)
      // Everybody has work for ever; what is asked for has happened.
      if (at % 64 === 0 && this.#honest.every(({ core }) => core.tip.view > last)) break
    }
    this.#queue = []
  }

  /** To the next timer of anybody. */
  #advance(): void {
    let next: { replica: TwinReplica; timer: TimerName; atMs: number } | null = null
    for (const replica of this.#replicas)
      for (const [timer, atMs] of replica.timers) if (next === null || atMs < next.atMs) next = { replica, timer, atMs }
    if (next === null) throw new SimulationFailure('liveness', `nobody waits for anything; ${this.#positions()}`)
    this.#nowMs = Math.max(this.#nowMs, next.atMs)
    next.replica.timers.delete(next.timer)
    for (const replica of this.#replicas)
      for (const [hash, signers] of [...replica.wanted]) this.#fetch(replica, hash, signers)
    this.#feed(next.replica, { kind: 'timer', timer: next.timer })
  }

  #feed(replica: TwinReplica, event: Event): void {
    if (replica.isStopped) return
    const effects = this.#step(replica, event)
    this.#checks.onStep(replica, event, effects)
    for (const effect of effects) {
      this.#observer.onEffect?.(replica, effect, this.#nowMs)
      this.#carryOut(replica, effect)
    }
  }

  /** What breaks a replica whose twin contradicts it is its own affair. */
  #step(replica: TwinReplica, event: Event): readonly Effect[] {
    try {
      return replica.core.handle(event, this.#nowMs)
    } catch (error) {
      if (!replica.isGuilty) throw new SimulationFailure('crash', String(error))
      replica.isStopped = true
      return []
    }
  }

  #carryOut(replica: TwinReplica, effect: Effect): void {
    switch (effect.kind) {
      case 'storeBlock':
        return this.#store(replica, effect.block)
      case 'sign':
        return this.#sign(replica, effect.request)
      case 'execute':
        return this.#soon(replica, { kind: 'executed', hash: effect.block.hash, valid: true, reason: '' })
      case 'build': {
        const { parentHash, view } = effect.request
        const parent = defined(replica.blocks.get(parentHash), 'the parent of a block')
        const miner = defined(this.#network.validators.at(replica.validator), 'a validator').address
        const block = ownStatement(replica.build(effect.request, parent.header, miner))
        return this.#soon(replica, { kind: 'built', view, block })
      }
      case 'commit':
        if (!replica.isGuilty && effect.finality.certificate.view <= this.#scenario.views.length)
          this.#met.add('commit before the heal')
        return
      case 'fetch':
        return this.#fetch(replica, effect.hash, effect.signers)
      case 'sendProposal':
        return this.#say(replica, { kind: 'proposal', proposal: effect.proposal }, 'all')
      case 'sendCertificates':
        return this.#sendCertificates(replica, effect.to)
      case 'requestCertificates':
        for (const validator of effect.from)
          for (const asked of this.#replicasOf(validator))
            if (this.#hears(replica, asked)) this.#sendCertificates(asked, replica.validator)
        return
      case 'setTimer':
        replica.timers.set(effect.timer, effect.atMs)
        return
      case 'clearTimer':
        replica.timers.delete(effect.timer)
        return
      case 'halt':
        replica.isStopped = true
        return
      case 'viewEntered':
        if (effect.by === 'tc') this.#met.add('tc')
        return
      case 'resendTransactions':
      case 'viewTimedOut':
      case 'epochEnded':
        return
    }
  }

  #store(replica: TwinReplica, block: Block): void {
    replica.blocks.set(block.hash, block)
    replica.wanted.delete(block.hash)
    const { parentHash } = block.header
    const sibling = this.#children.get(parentHash)
    if (sibling !== undefined && sibling !== block.hash) this.#met.add('uncommitted fork')
    this.#children.set(parentHash, block.hash)
  }

  #sign(replica: TwinReplica, request: SigningRequest): void {
    this.#checks.onSign(replica, request)
    const { signer } = defined(this.#network.identities[replica.validator], 'an identity')
    const { signature } = signer.sign(this.#digests.of(statementOf(request)))
    const { message, event } = utterance(request, replica.validator, signature)
    let reaches = (to: TwinReplica): boolean => this.#hears(replica, to)
    if (request.kind === 'timeout') {
      // Nobody in its part could end the view.
      if (replica.timedOutView === request.view) {
        reaches = () => true
        this.#met.add('view that all had to end')
      }
      replica.timedOutView = request.view
    } else if (request.kind === 'proposal') {
      const other = this.#proposed.get(request.view)
      if (other !== undefined && other !== request.block.hash) this.#met.add('two proposals in a view')
      this.#proposed.set(request.view, request.block.hash)
    }
    this.#deliver(replica, message, reaches)
    this.#soon(replica, event)
  }

  #sendCertificates(replica: TwinReplica, to: number | 'all'): void {
    const bundle = highestCertificates(replica.core, this.#network.validators.epoch)
    this.#say(replica, { kind: 'certificates', bundle }, to)
  }

  #say(from: TwinReplica, message: DirectMessage, to: number | 'all'): void {
    this.#deliver(from, message, (other) => (to === 'all' || other.validator === to) && this.#hears(from, other))
  }

  #deliver(from: TwinReplica, message: DirectMessage, reaches: (to: TwinReplica) => boolean): void {
    const said = { from, message, event: undefined }
    for (const to of this.#replicas) if (to !== from && reaches(to)) this.#queue.push({ to, said })
  }

  #judge(said: Said): Event {
    if (said.event !== undefined) return said.event
    const { from, message } = said
    const event = judged(message, this.#judges)
    // All of them run the product's code, so nothing of it is refused.
    if (event === null)
      throw new SimulationFailure('blame', `what replica ${from.index} says is refused: ${message.kind}`)
    this.#checks.onSaid(event, from.core.view)
    said.event = event
    return event
  }

  #hears(from: TwinReplica, to: TwinReplica): boolean {
    const parts = this.#scenario.views[from.core.view - 1]?.parts
    return parts === undefined || ((parts[from.index] ?? 0) & (parts[to.index] ?? 0)) !== 0
  }

  #replicasOf(validator: number): readonly TwinReplica[] {
    return this.#replicas.filter((replica) => replica.validator === validator)
  }

  #soon(to: TwinReplica, event: Event): void {
    this.#queue.push({ to, event })
  }

  /** The block with the ancestors that are missing, from whoever of its signers can be reached; later otherwise. */
  #fetch(replica: TwinReplica, hash: Hash, signers: readonly number[]): void {
    const holder = signers
      .flatMap((signer) => this.#replicasOf(signer))
      .find((other) => other !== replica && other.blocks.has(hash) && this.#hears(replica, other))
    if (holder === undefined) {
      replica.wanted.set(hash, signers)
      return
    }
    replica.wanted.delete(hash)
    this.#met.add('block fetched')
    const chain: Block[] = []
    for (
      let block = holder.blocks.get(hash);
      block !== undefined && !replica.blocks.has(block.hash);
      block = holder.blocks.get(block.header.parentHash)
    )
      chain.unshift(block)
    this.#soon(replica, { kind: 'blocks', blocks: chain.map((block) => ownStatement(block)) })
  }

  #positions(): string {
    return this.#replicas
      .map(({ index, core }) => `${index}: view ${core.view}, highQC ${core.highQc.view}, final ${core.tip.view}`)
      .join('; ')
  }
}

/** As replicas ask before they judge. */
function isWanted({ core }: TwinReplica, message: DirectMessage): boolean {
  if (message.kind === 'vote') return core.wantsVote(message.vote)
  if (message.kind === 'commitVote') return core.wantsCommitVote(message.vote)
  return message.kind !== 'certificates' || core.wantsCertificates(message.bundle)
}
