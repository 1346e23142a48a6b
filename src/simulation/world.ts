/** One run: all nodes of a scenario in one virtual time, under all its checkers. */
import type { Effect } from '../consensus/effects.ts'
import type { Event } from '../consensus/events.ts'
import type { PeerId } from '../network/port.ts'
import type { EpochContext } from '../replica/epoch-context.ts'
import type { HeldEvidence } from '../replica/governance/evidence-desk.ts'
import { OWN_WORK, type SharedWork } from '../replica/shared-work.ts'
import type { Epoch, Hash, Height, View } from '../types/ids.ts'
import type { Checker } from './checker.ts'
import { oldEpochChecker } from './checkers/old-epochs.ts'
import { participationChecker } from './checkers/participation.ts'
import { Operators } from './clients/operators.ts'
import { Workload } from './clients/workload.ts'
import { Coverage } from './coverage.ts'
import type { SimulatedCrypto } from './host/simulated-crypto.ts'
import type { DiskImage } from './host/simulated-disk.ts'
import { SimulatedNetwork } from './host/simulated-network.ts'
import { SimulatedNode } from './host/simulated-node.ts'
import type { Fault, Scenario } from './scenario.ts'
import { Scheduler } from './scheduler.ts'
import { setCoverage } from './set-coverage.ts'
import type { SimulatedGenesis } from './simulated-genesis.ts'
import { SimulationFailure } from './simulation-failure.ts'
import type { Strategy, StrategyActor } from './strategy.ts'
import { TraceHash } from './trace-hash.ts'

export interface WorldParts {
  readonly scenario: Scenario
  readonly genesis: SimulatedGenesis
  readonly crypto: SimulatedCrypto
  readonly checkers: readonly Checker[]
  readonly strategies: ReadonlyMap<string, Strategy>
  /** None: each replica works for itself. */
  readonly shared?: SharedWork
}

export interface RunResult {
  readonly failure: SimulationFailure | null
  readonly traceHash: string
  /** Entered by a node, in all epochs. */
  readonly views: number
  readonly heights: readonly number[]
  readonly receipts: number
  readonly virtualMs: number
  readonly coverage: Coverage
}

/** Clients go on for a while after the faults have ended. */
const AFTERMATH_MS = 1_000
/** After the last receipt, for everybody to learn of it. */
const SETTLE_MS = 4_000
/** Who was removed while it called, and is back among the candidates, calls again after ten seconds. */
const SETTLE_COMEBACK_MS = 12_000
const SILENT_MS = 2_000
/** A call that nobody else's nonce lets through is sent again after ten seconds. */
const SILENCE_ATTEMPTS = 15

export class World {
  readonly scenario: Scenario
  readonly genesis: SimulatedGenesis
  readonly crypto: SimulatedCrypto
  readonly checkers: readonly Checker[]
  readonly shared: SharedWork
  readonly scheduler = new Scheduler()
  readonly coverage = new Coverage()
  readonly trace = new TraceHash()
  readonly network: SimulatedNetwork
  readonly nodes: readonly SimulatedNode[]
  readonly workload: Workload
  readonly operators: Operators
  readonly #actors = new Map<SimulatedNode, StrategyActor>()
  readonly #backups = new Map<Fault, DiskImage>()
  readonly #restarted = new Set<SimulatedNode>()
  /** A block stored on top of each. */
  readonly #children = new Map<Hash, Hash>()
  #failedView = 0
  /** The highest that a node has entered in each epoch. */
  readonly #views = new Map<Epoch, View>()
  #signatures = 0
  #isCalm = false

  constructor(parts: WorldParts) {
    this.scenario = parts.scenario
    this.genesis = parts.genesis
    this.crypto = parts.crypto
    this.shared = parts.shared ?? OWN_WORK
    this.checkers = [
      ...parts.checkers,
      participationChecker(
        () => this.#isCalm,
        () => this.scheduler.nowMs,
      ),
      oldEpochChecker(() => this.scheduler.nowMs, this.shared.decode),
      setCoverage(this.coverage, parts.genesis, (validator) => this.nodes[validator]?.isUp === true),
    ]
    const { seed, nodes, candidates = 0, link, byzantine } = parts.scenario
    const twinsOf = parts.scenario.twins?.of ?? []
    const liars = new Set([...byzantine.map(({ node }) => node), ...twinsOf])
    const validators = [...Array.from({ length: nodes + candidates }, (_, index) => index), ...twinsOf]
    this.network = new SimulatedNetwork(this.scheduler, seed, validators.length, link, this.coverage)
    this.nodes = validators.map((validator, index) => new SimulatedNode(this, index, validator, liars.has(validator)))
    this.workload = new Workload(this)
    this.operators = new Operators(this)
    for (const { node, strategy } of byzantine) {
      const made = parts.strategies.get(strategy)
      const target = this.nodes[node]
      if (made !== undefined && target !== undefined) this.#actors.set(target, made(this, target))
    }
  }

  run(): RunResult {
    let failure: SimulationFailure | null = null
    try {
      this.#run()
    } catch (error) {
      if (error instanceof SimulationFailure) failure = error
      else
        failure = new SimulationFailure(
          'crash',
          error instanceof Error ? (error.stack ?? error.message) : String(error),
        )
    }
    return {
      failure,
      traceHash: this.trace.digest,
      views: [...this.#views.values()].reduce((sum, view) => sum + view, 0),
      heights: this.nodes.map((node) => node.height),
      receipts: this.workload.receipts,
      virtualMs: this.scheduler.nowMs,
      coverage: this.coverage,
    }
  }

  /** A key that may not sign any more is then no failure. */
  get mayLoseKeys(): boolean {
    return this.scenario.faults.some(({ kind }) => kind === 'wipe')
  }

  /** Whether all faults are over: whoever makes work from now on keeps the others awake. */
  get isCalm(): boolean {
    return this.#isCalm
  }

  strategyOf(node: SimulatedNode): StrategyActor | undefined {
    return this.#actors.get(node)
  }

  /** Twins run in a network that is cut otherwise in each view, as the sender counts them. */
  mayReach(from: SimulatedNode, to: SimulatedNode): boolean {
    const { twins } = this.scenario
    const view = from.replica?.core.view
    const groups = twins === undefined || view === undefined ? undefined : twins.groups[view - 1]
    return groups === undefined || this.#isCalm || ((groups[from.index] ?? 0) & (groups[to.index] ?? 0)) !== 0
  }

  onDelivery(from: number, to: number, message: Uint8Array): void {
    this.trace.number(this.scheduler.nowUs)
    this.trace.number(from * 256 + to)
    this.trace.bytes(message)
  }

  onDirectSent(node: SimulatedNode, to: PeerId, message: Uint8Array): void {
    for (const checker of this.checkers) checker.onDirectSent?.(node, to, message)
  }

  onDirectTaken(node: SimulatedNode, epoch: Epoch, from: PeerId, message: Uint8Array): void {
    for (const checker of this.checkers) checker.onDirectTaken?.(node, epoch, from, message)
  }

  onRejectedGossip(node: SimulatedNode, peer: PeerId): void {
    for (const checker of this.checkers) checker.onPenalty?.(node, peer, 'gossip that a correct node does not send')
  }

  onStep(node: SimulatedNode, event: Event, effects: readonly Effect[]): void {
    if (event.kind === 'start' && this.#restarted.has(node) && effects.some(({ kind }) => kind === 'sign'))
      this.coverage.hit('own statement repeated after restart')
    for (const effect of effects) {
      this.#count(node, effect)
      if (effect.kind === 'sign' && !node.isByzantine) this.#signatures += 1
    }
    for (const checker of this.checkers) checker.onStep?.(node, event, effects)
  }

  onEvidence(node: SimulatedNode, held: HeldEvidence): void {
    this.coverage.hit('evidence found')
    for (const checker of this.checkers) checker.onEvidence?.(node, held)
  }

  onEpoch(node: SimulatedNode, context: EpochContext): void {
    node.links.enterEpoch(context)
    for (const checker of this.checkers) checker.onEpoch?.(node, context)
  }

  onBoot(node: SimulatedNode, isFirst: boolean, replays: boolean): void {
    if (isFirst) return
    this.coverage.hit('restart')
    if (replays) this.coverage.hit('replayed after restart')
    this.#restarted.add(node)
  }

  #count(node: SimulatedNode, effect: Effect): void {
    const { coverage } = this
    if (effect.kind === 'viewEntered') {
      coverage.hit(effect.by === 'tc' ? 'tc' : 'qc')
      if (effect.by === 'tc' && effect.view === this.#failedView + 1) coverage.hit('two views in a row failed')
      if (effect.by === 'tc') this.#failedView = effect.view
      const epoch = node.replica?.epoch.validators.epoch ?? 0
      if (effect.view > (this.#views.get(epoch) ?? 0)) {
        this.#views.set(epoch, effect.view)
        coverage.hit('view')
      }
    } else if (effect.kind === 'commit') {
      coverage.hit('commit')
      if (effect.finality.suffix.length > 0) coverage.hit('epoch ended by a suffix')
    } else if (effect.kind === 'epochEnded') coverage.hit('epoch ended')
    else if (effect.kind === 'viewTimedOut') coverage.hit('timeout')
    else if (effect.kind === 'fetch') coverage.hit('block fetched')
    else if (effect.kind === 'storeBlock') {
      const { parentHash } = effect.block.header
      const sibling = this.#children.get(parentHash)
      if (sibling !== undefined && sibling !== effect.block.hash) coverage.hit('fork of uncommitted blocks')
      this.#children.set(parentHash, effect.block.hash)
    } else if (effect.kind === 'build' && effect.request.empty) coverage.hit('empty block')
  }

  #run(): void {
    const { faultyMs, calmMs, faults } = this.scenario
    for (const node of this.nodes) node.boot()
    this.workload.start()
    this.operators.start(this.scenario.moves ?? [])
    for (const fault of faults) this.#plan(fault)
    this.#runUntil(faultyMs)
    this.#isCalm = true
    this.network.calm()
    for (const node of this.nodes) node.spare()
    this.#runUntil(faultyMs + AFTERMATH_MS)
    this.workload.finish()
    const endMs = faultyMs + AFTERMATH_MS + calmMs
    this.#runUntil(endMs, () => this.workload.isIdle)
    if (!this.workload.isIdle)
      throw new SimulationFailure(
        'liveness',
        `no receipt for ${this.workload.unanswered.length} transactions within ${calmMs} ms of calm; ${this.#positions()}`,
      )
    const comesBack = this.scenario.moves?.some(({ kind }) => kind === 'add') === true
    this.#runUntil(this.scheduler.nowMs + (comesBack ? SETTLE_COMEBACK_MS : SETTLE_MS))
    this.#requireSilence()
    for (const checker of this.checkers) checker.onEnd?.(this.nodes)
  }

  /**
   * INVARIANT: no work, no consensus messages. What validators call by themselves is work as well, and it ends; so is
   * what is not finished yet, for views may fail and disks be slow meanwhile.
   */
  #requireSilence(): void {
    let worked = false
    for (let attempt = 0; attempt < SILENCE_ATTEMPTS; attempt++) {
      const { signatures, height } = { signatures: this.#signatures, height: this.#height }
      const held = this.#evidenceHeld
      const isUnfinished = this.nodes.some((node) => !node.isByzantine && this.#isUnfinished(node))
      this.#runUntil(this.scheduler.nowMs + SILENT_MS)
      // What comes to light so late, as by a block that was dated ahead and waited for its time, is called after this.
      const isOwed = this.#evidenceHeld !== held
      if (this.#signatures === signatures && !isOwed) return
      const workedBefore = worked
      worked = isUnfinished || isOwed || this.#hasTransactionsAbove(height)
      const idle = `${this.#signatures - signatures} signatures without work; ${this.#positions()}`
      // A call may have ended an epoch, whose next begins with a block of its own.
      if (!worked && !workedBefore) throw new SimulationFailure('idle', idle)
    }
    throw new SimulationFailure('idle', `it works without end; ${this.#positions()}`)
  }

  get #evidenceHeld(): number {
    const honest = this.nodes.filter(({ isByzantine }) => !isByzantine)
    return honest.reduce((sum, { replica }) => sum + (replica?.heldEvidence.length ?? 0), 0)
  }

  get #height(): Height {
    return Math.max(...this.nodes.map((node) => node.height))
  }

  /** Behind others, before the first block of an epoch, or with a certified block that is not final. */
  #isUnfinished({ chain, replica }: SimulatedNode): boolean {
    if (chain === null || replica === null) return false
    const { height, consensus } = chain.store.tip.header
    const isAtStart = height === 0 || consensus.end
    return height < this.#height || isAtStart || replica.core.highQc.view > consensus.view
  }

  #hasTransactionsAbove(height: Height): boolean {
    const store = this.nodes.find((node) => node.height === this.#height)?.chain?.store
    for (let at = height + 1; at <= this.#height; at++)
      if ((store?.finalBlock(at)?.transactions.length ?? 0) > 0) return true
    return false
  }

  #runUntil(untilMs: number, isDone: () => boolean = () => false): void {
    const untilUs = untilMs * 1000
    while (!isDone() && this.scheduler.step(untilUs));
  }

  #plan(fault: Fault): void {
    this.scheduler.at(fault.atMs * 1000, () => this.#inject(fault))
    if (fault.kind !== 'restore') return
    this.scheduler.at((fault.atMs - fault.agoMs) * 1000, () => {
      const image = this.nodes[fault.node]?.chainDisk.backup()
      if (image !== undefined) this.#backups.set(fault, image)
    })
  }

  #inject(fault: Fault): void {
    switch (fault.kind) {
      case 'crash':
        return this.nodes[fault.node]?.crashAtBoundary(fault.boundary, fault.downMs)
      case 'crashAll':
        for (const node of this.nodes) node.crashAtBoundary(fault.boundary, fault.downMs)
        return
      case 'partition':
        this.coverage.hit('partition')
        this.network.partition(fault.groups, fault.oneWay)
        this.scheduler.after(fault.forMs * 1000, () => this.network.heal(fault.groups))
        return
      case 'clog':
        return this.network.clog(fault.from, fault.to, fault.forMs)
      case 'disconnect':
        return this.#disconnect(fault.from, fault.to, fault.forMs)
      case 'pause':
        this.coverage.hit('pause')
        this.nodes[fault.node]?.pause()
        this.scheduler.after(fault.forMs * 1000, () => this.nodes[fault.node]?.resume())
        return
      case 'clock':
        return this.nodes[fault.node]?.setClock(fault.offsetMs, fault.driftPpm)
      case 'wipe':
        this.coverage.hit('wiped disk')
        return this.nodes[fault.node]?.replaceDisks(new Map(), new Map(), fault.downMs)
      case 'restore':
        this.coverage.hit('restored disk')
        return this.nodes[fault.node]?.replaceDisks(this.#backups.get(fault) ?? new Map(), null, fault.downMs)
      case 'diskFull':
        this.nodes[fault.node]?.fillDisk(fault.downMs)
        this.scheduler.after(fault.forMs * 1000, () => this.nodes[fault.node]?.freeDisk())
        return
      case 'bitFlip':
        return this.nodes[fault.node]?.flipBit(fault.of, fault.lasts, fault.boundary, fault.downMs)
      case 'diskError':
        this.coverage.hit('disk error')
        return this.nodes[fault.node]?.breakDisk(fault.downMs)
    }
  }

  #disconnect(from: number, to: number, forMs: number): void {
    const other = this.nodes[to]
    if (other !== undefined) this.nodes[from]?.links.breakOff(other, forMs)
  }

  #positions(): string {
    return this.nodes
      .map((node) => {
        const core = node.replica?.core
        return `${node.index}: height ${node.height}, view ${core?.view ?? '-'}, highQC ${core?.highQc.view ?? '-'}`
      })
      .join('; ')
  }
}
