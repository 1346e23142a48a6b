/**
 * One machine: its disks, its clock, its place in the network, and the replica that runs on it
 * while it is up. Everything of the replica is production code; only its ports are played.
 */

import { defined } from '../../base/invariant.ts'
import { silentLogger } from '../../base/logger.ts'
import type { SigningRequest } from '../../consensus/effects.ts'
import { systemWordsIn } from '../../ledger/system/state-records.ts'
import type { GossipTopic, PeerId } from '../../network/port.ts'
import type { EpochReader } from '../../replica/epoch-context.ts'
import type { OpenedChain } from '../../replica/open-replica.ts'
import type { ReplicaNetwork, ReplicaPorts, StopReason } from '../../replica/ports.ts'
import { Replica } from '../../replica/replica.ts'
import type { IntakeVerdict } from '../../replica/transaction-intake.ts'
import { StorageFailure } from '../../storage/storage-failure.ts'
import type { Height } from '../../types/ids.ts'
import { Random } from '../random.ts'
import type { FlipPlace } from '../scenario.ts'
import { peerOf, WALL_ORIGIN_MS } from '../simulated-genesis.ts'
import { CrashSignal, SimulationFailure } from '../simulation-failure.ts'
import type { World } from '../world.ts'
import { openJudged } from './open-judged.ts'
import type { Identity } from './simulated-crypto.ts'
import { type DiskImage, SimulatedDisk, syncTimeUs } from './simulated-disk.ts'
import { type ProvenKey, SimulatedKeys } from './simulated-keys.ts'
import { SimulatedLinks } from './simulated-links.ts'
import { SimulatedStore } from './simulated-store.ts'
import { SimulatedTasks } from './simulated-tasks.ts'
import { WallClock } from './wall-clock.ts'

const RECOVERY_US = 200
/** Whoever starts it again while nothing has changed does not do so at once. */
const FULL_DISK_DOWN_MS_MIN = 100

export class SimulatedNode {
  readonly index: number
  /** Whose key it has; a twin shares that of another node. */
  readonly validator: number
  readonly isByzantine: boolean
  readonly chainDisk: SimulatedDisk
  readonly keyDisk: SimulatedDisk
  readonly keys: SimulatedKeys
  readonly links: SimulatedLinks
  readonly #world: World
  readonly #random: Random
  #store: SimulatedStore
  #replica: Replica | null = null
  #chain: OpenedChain | null = null
  #incarnation = 0
  #isPaused = false
  /** As a node with a halt report: only a person starts it again. */
  #isHalted = false
  #backlog: (() => void)[] = []
  /** Starts that failed, one after another. */
  #refusals = 0
  /** Boundaries until the next crash; negative for none. */
  #boundariesLeft = -1
  #downMs = 0
  readonly #wallClock = new WallClock(WALL_ORIGIN_MS)
  #pendingRequests: SigningRequest[] = []
  readonly #tasks = new SimulatedTasks((delayUs, action) => this.#after(delayUs, action))
  /** Of the block that it told its clients of last, over all its lives. */
  finalHeight: Height = 0
  /** Its key may not sign any more. */
  isObserver = false

  constructor(world: World, index: number, validator: number, isByzantine: boolean) {
    this.index = index
    this.validator = validator
    this.isByzantine = isByzantine
    this.#world = world
    const { seed, syncMsMean } = world.scenario
    this.#random = new Random(seed, `disk of ${index}`)
    const ports = {
      random: this.#random,
      after: (delayUs: number, action: () => void) => this.#after(delayUs, action),
      boundary: () => this.#boundary(),
      syncUs: () => syncTimeUs(this.#random, syncMsMean),
    }
    this.chainDisk = new SimulatedDisk(ports)
    this.keyDisk = new SimulatedDisk(ports)
    this.#store = this.#emptyStore()
    this.links = new SimulatedLinks(world, this)
    const identity = defined(world.genesis.identities[validator], 'an identity')
    this.keys = new SimulatedKeys({
      ...{ disk: this.keyDisk, genesis: world.genesis, crypto: world.crypto, identity },
      beforeSigning: (digest, key) => this.#beforeSigning(digest, key),
    })
  }

  get replica(): Replica | null {
    return this.#replica
  }

  get chain(): OpenedChain | null {
    return this.#chain
  }

  get isUp(): boolean {
    return this.#replica !== null
  }

  /** Height of the chain that it serves; what it served last when it is down. */
  get height(): Height {
    return this.#chain?.store.tip.header.height ?? this.finalHeight
  }

  boot(): void {
    if (this.isUp || this.#isHalted) return
    this.#incarnation += 1
    const { genesis, checkers, coverage } = this.#world
    const opened = openJudged(this.#store, this.chainDisk, genesis.block, coverage)
    // What it told its clients of, others still hold.
    if (this.chainDisk.wrongBits > 0) this.finalHeight = 0
    if (!opened.ok) {
      this.#refuse()
      return
    }
    this.#refusals = 0
    this.#chain = opened.value
    this.#run(() => {
      this.#replica = this.#open(opened.value)
      this.links.boot(this.#replica.epoch)
      this.#world.onBoot(this, this.#incarnation === 1, opened.value.recovered.ranges().length > 0)
      for (const checker of checkers) checker.onBoot?.(this)
      this.#replica.start()
      this.links.announce(true)
    })
  }

  /** Goes down at the given boundary of what it does from now on, and comes back after `downMs`. */
  crashAtBoundary(boundary: number, downMs: number): void {
    if (!this.isUp) return
    this.#boundariesLeft = boundary
    this.#downMs = downMs
  }

  /** One bit of what is read after a crash is wrong. */
  flipBit(of: FlipPlace, lasts: boolean, boundary: number, downMs: number): void {
    const disk = of === 'journal' ? this.chainDisk : this.keyDisk
    disk.flips = { lasts, spared: of === 'second copy' ? 1 : 0 }
    this.crashAtBoundary(boundary, downMs)
  }

  pause(): void {
    this.#isPaused = this.isUp
  }

  resume(): void {
    this.#isPaused = false
    const backlog = this.#backlog
    this.#backlog = []
    for (const action of backlog) action()
  }

  setClock(offsetMs: number, driftPpm: number): void {
    this.#wallClock.set(this.#world.scheduler.nowMs, offsetMs, driftPpm)
  }

  /** No fault that was planned and has not come comes any more. */
  spare(): void {
    this.#boundariesLeft = -1
    this.setClock(0, 0)
    this.chainDisk.isBroken = false
    this.keyDisk.isBroken = false
    this.chainDisk.flips = null
    this.keyDisk.flips = null
    this.freeDisk()
    this.resume()
    this.boot()
  }

  /** Goes down now and comes back with other disks: these files, and nothing that was derived from them. */
  replaceDisks(chain: DiskImage, keys: DiskImage | null, downMs: number): void {
    this.#downMs = downMs
    if (this.isUp) this.#crash()
    this.chainDisk.restore(chain)
    if (keys !== null) this.keyDisk.restore(keys)
    this.#store = this.#emptyStore()
    // What it told its clients of, others still hold.
    this.finalHeight = 0
  }

  breakDisk(downMs: number): void {
    if (!this.isUp) return
    this.chainDisk.isBroken = true
    this.#downMs = downMs
  }

  /** It stops with the first write, and again after each start, for as long as there is no room. */
  fillDisk(downMs: number): void {
    this.chainDisk.isFull = true
    this.#downMs = downMs
  }

  freeDisk(): void {
    this.chainDisk.isFull = false
  }

  /** Hands something to the replica, if the node is up; later, if it is paused. */
  deliver(action: (replica: Replica) => void): void {
    const replica = this.#replica
    if (replica !== null) this.#enter(this.#incarnation, () => action(replica))
  }

  /** Makes a key that is to follow the one that it signs with now, if the node is up, and its key is not lost. */
  nextKey(done: (key: ProvenKey) => void): void {
    const chain = this.#chain
    if (chain === null || this.isObserver) return
    this.deliver(({ finalState }) => this.keys.next(systemWordsIn(finalState), chain, this.#epochReader(), done))
  }

  submit(envelope: Uint8Array, done: (verdict: IntakeVerdict) => void): void {
    this.deliver((replica) => replica.submit(envelope, done))
  }

  #open(chain: OpenedChain): Replica {
    const { genesis } = this.#world
    const epochs = this.#epochReader()
    const opened = this.isObserver ? null : this.keys.open(chain, epochs)
    if (opened?.ok === true && this.keyDisk.takeFlipped() !== null)
      this.#world.coverage.hit('flipped bit of a signing record outlived')
    if (opened?.ok === false) {
      // A liar may have said what its record does not hold. Of both copies a bit may be wrong, or of one
      // while a crash has torn the other. The refusal is right then.
      const isDamaged = this.keyDisk.wrongBits + this.keyDisk.tornFiles > 1
      if (!this.#world.mayLoseKeys && !this.isByzantine && !isDamaged)
        throw new SimulationFailure('recovery', `node ${this.index} may not sign: ${opened.error.message}`)
      this.isObserver = true
    }
    return new Replica(
      {
        genesis: genesis.genesis,
        genesisHash: genesis.block.block.hash,
        rules: genesis.rules,
        epochs: this.isObserver ? { ...epochs, consensusKeys: () => [] } : epochs,
        recovered: chain.recovered,
      },
      this.#ports(chain),
    )
  }

  #epochReader(): EpochReader {
    const { genesis, scenario } = this.#world
    const { identities, validators } = genesis
    return {
      faultModel: validators.model,
      consensusKeys: () => this.keys.publicKeys,
      peerOf: ({ address }) => peerOf(identities.findIndex((identity) => identity.address === address)),
      ...(scenario.schedule === undefined ? {} : { schedule: scenario.schedule }),
    }
  }

  #ports(chain: OpenedChain): ReplicaPorts {
    const { scheduler, crypto, checkers } = this.#world
    return {
      network: this.#network(),
      clock: {
        monotonicMs: () => scheduler.nowMs,
        wallMs: () => this.#wallClock.wallMs(scheduler.nowMs),
      },
      schedule: (atMs, callback) => {
        const event = this.#after(atMs * 1000 - scheduler.nowUs, callback)
        return () => {
          event.action = null
        }
      },
      runTask: (task) => this.#tasks.add(task),
      recover: (items, done) => {
        const signers = crypto.recover(items)
        this.#after(RECOVERY_US, () => done(signers))
      },
      verifier: crypto.verifier,
      keys: () => (this.isObserver ? [] : this.keys.held),
      journal: chain.journal,
      store: chain.store,
      observer: {
        onFinalBlock: (final) => {
          for (const checker of checkers) checker.onFinal?.(this, final)
          this.finalHeight = Math.max(this.finalHeight, final.block.header.height)
          this.#world.workload.onFinal(this, final)
          this.#world.operators.onFinal(this, final)
        },
        onEvidence: (held) => this.#world.onEvidence(this, held),
        onEpoch: (context) => this.#world.onEpoch(this, context),
        onCoreStep: (event, effects) => {
          for (const effect of effects) if (effect.kind === 'sign') this.#pendingRequests.push(effect.request)
          this.#world.onStep(this, event, effects)
        },
      },
      logger: silentLogger,
      shared: this.#world.strategyOf(this)?.work ?? this.#world.shared,
      halting: () => {
        this.#isHalted = true
      },
      stop: (reason) => this.#stop(reason),
    }
  }

  #beforeSigning(digest: Uint8Array, key: Identity): void {
    this.#boundary()
    const request = defined(this.#pendingRequests.shift(), 'the request of a signature')
    for (const checker of this.#world.checkers) checker.onSign?.(this, request, digest, key)
  }

  #network(): ReplicaNetwork {
    const { links } = this
    const incarnation = this.#incarnation
    return {
      sendDirect: (to: PeerId, message: Uint8Array) => {
        this.#boundary()
        return links.sendDirect(to, message)
      },
      publish: (topic: GossipTopic, data: Uint8Array) => links.publish(topic, data),
      request: (to, request, options, done) =>
        links.request(to, request, options, (response) => this.#enter(incarnation, () => done(response))),
      connectedPeers: () => links.connectedPeers(),
      penalise: (peer, _points, reason) => {
        for (const checker of this.#world.checkers) checker.onPenalty?.(this, peer, reason)
      },
    }
  }

  #stop(reason: StopReason): void {
    this.#isHalted = reason.kind === 'halt'
    if (this.chainDisk.isFull) {
      this.#world.coverage.hit('stopped by a full disk')
      this.#downMs = Math.max(this.#downMs, FULL_DISK_DOWN_MS_MIN)
    }
    for (const checker of this.#world.checkers) checker.onStop?.(this, reason)
    throw new CrashSignal(reason.kind)
  }

  #boundary(): void {
    if (this.#boundariesLeft < 0) return
    this.#boundariesLeft -= 1
    if (this.#boundariesLeft < 0) throw new CrashSignal('crash')
  }

  #after(delayUs: number, action: () => void) {
    const incarnation = this.#incarnation
    return this.#world.scheduler.after(Math.max(0, delayUs), () => this.#enter(incarnation, action))
  }

  #enter(incarnation: number, action: () => void): void {
    if (incarnation !== this.#incarnation) return
    if (this.#isPaused) this.#backlog.push(() => this.#enter(incarnation, action))
    else this.#run(action)
  }

  #run(action: () => void): void {
    try {
      action()
    } catch (error) {
      const isDamage = error instanceof StorageFailure && this.chainDisk.wrongBits > 0
      if (!(error instanceof CrashSignal) && !isDamage) throw error
      this.#crash()
    }
  }

  #crash(): void {
    this.#world.coverage.hit('crash')
    this.#incarnation += 1
    this.#replica = null
    this.#chain = null
    this.#isPaused = false
    this.#backlog = []
    this.#boundariesLeft = -1
    this.#pendingRequests = []
    this.#tasks.forget()
    this.chainDisk.crash()
    this.keyDisk.crash()
    this.#store.crash()
    this.links.announce(false)
    this.#comeBack()
  }

  /** Its operator starts it again, and if that does not help, without what is damaged (docs/operations.md). */
  #refuse(): void {
    this.#refusals += 1
    if (this.#refusals > 1) {
      this.chainDisk.restore(new Map())
      this.#store = this.#emptyStore()
    }
    this.#comeBack()
  }

  #comeBack(): void {
    const incarnation = this.#incarnation
    this.#world.scheduler.after(this.#downMs * 1000, () => {
      if (incarnation === this.#incarnation) this.boot()
    })
  }

  #emptyStore(): SimulatedStore {
    return new SimulatedStore(this.#random, () => this.#boundary())
  }
}
