/**
 * A replica: the consensus core with everything around it that is the same in production and in
 * simulation. What happens outside comes in through the methods of this class, each of which runs
 * to its end without waiting; what the replica does goes out through its ports. It lives through
 * epochs, one session each.
 */
import type { Core } from '../consensus/core.ts'
import type { Event } from '../consensus/events.ts'
import type { WorldState } from '../ledger/world-state.ts'
import type { Mempool } from '../mempool/mempool.ts'
import { decodeEnvelopes, type Status } from '../network/messages.ts'
import type { GossipTopic, GossipVerdict, PeerId } from '../network/port.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { Address, Epoch, Hash } from '../types/ids.ts'
import { reportDivergence } from './divergence.ts'
import type { Halt } from './effect-runner.ts'
import { type EpochContext, epochAtTip, leaderOf } from './epoch-context.ts'
import { EpochEnds } from './epoch-ends.ts'
import { EpochSession } from './epoch-session.ts'
import type { HeldEvidence } from './governance/evidence-desk.ts'
import { Governance } from './governance/governance.ts'
import { haltReport } from './halt-report.ts'
import { FAULT_POINTS } from './penalty.ts'
import type { ReplicaPorts } from './ports.ts'
import type { ReplicaConfig } from './replica-config.ts'
import { createReplicaParts, type ReplicaParts } from './replica-parts.ts'
import { RequestServer } from './request-server.ts'
import { SnapshotServer } from './snapshot/snapshot-server.ts'
import { StatusBeat } from './status-beat.ts'
import { Synchronizer } from './synchronizer.ts'
import { TransactionCourier } from './transaction-courier.ts'
import { type IntakeVerdict, TransactionIntake } from './transaction-intake.ts'
import { ValidatorLinks } from './validator-links.ts'

export class Replica {
  readonly #config: ReplicaConfig
  readonly #ports: ReplicaPorts
  readonly #parts: ReplicaParts
  readonly #links: ValidatorLinks
  readonly #synchronizer: Synchronizer
  readonly #beat: StatusBeat
  readonly #governance: Governance
  readonly #intake: TransactionIntake
  readonly #courier: TransactionCourier
  readonly #epochEnds: EpochEnds
  readonly #server: RequestServer
  #session: EpochSession
  #events: Event[] = []
  #isFeeding = false
  #isStopped = false
  #isStarted = false
  /** BOUND: direct streams run between validators only. */
  readonly #certificatesFrom = new Set<PeerId>()
  #hasWaited = false
  /** Whether the pool, or the chain that it is held against, has changed since the core was told of it. */
  #isPayloadStale = true

  constructor(config: ReplicaConfig, ports: ReplicaPorts) {
    this.#config = config
    this.#ports = ports
    const context = epochAtTip(ports.store, config.epochs)
    this.#parts = createReplicaParts(config, ports, context, (final) => this.#onFinal(final))
    const { pool, verifier, pipeline } = this.#parts
    const nowMs = (): number => ports.clock.monotonicMs()
    this.#links = new ValidatorLinks(ports.network, context)
    this.#epochEnds = new EpochEnds(ports.store, this.#links, nowMs)
    this.#courier = new TransactionCourier(ports.network, pool, this.#links)
    this.#governance = new Governance({
      ...{ config, ports, parts: this.#parts },
      epoch: () => this.epoch,
      isLevel: () => this.#isStarted && !this.#isStopped && this.syncProgress === null,
      submit: (envelope, done) => this.#intake.submit(envelope, 'local', done),
      halt: (reason, report) => this.#halt(reason, report),
    })
    this.#session = this.#openSession(context)
    this.#intake = new TransactionIntake(pool, verifier, {
      nowMs,
      accounts: () => pipeline.state,
      parameters: () => pipeline.parameters,
      carry: (transactions) => this.#courier.carry(transactions),
      poolChanged: () => this.#payloadMayHaveChanged(),
    })
    this.#synchronizer = new Synchronizer({
      ports,
      session: () => this.#session,
      links: this.#links,
      recovered: config.recovered,
      feed: (event) => this.#feed(this.#session, event),
    })
    this.#beat = new StatusBeat({
      ports,
      core: () => this.core,
      validators: () => this.epoch.validators,
      links: this.#links,
      onStatus: (from, status) => this.#onStatus(from, status),
      onBeat: (atMs) => {
        this.#courier.carryLingering(atMs)
        this.#governance.beat(atMs)
      },
    })
    this.#server = new RequestServer({
      core: () => this.core,
      store: ports.store,
      bundle: () => this.#session.certificates.bundle(),
      status: () => this.#beat.status(),
      snapshots: new SnapshotServer(ports.store, ports.clock),
    })
  }

  #openSession(context: EpochContext): EpochSession {
    this.#governance.enterEpoch(context)
    return new EpochSession(context, {
      ...{ config: this.#config, ports: this.#ports, parts: this.#parts },
      links: this.#links,
      desk: this.#governance.desk,
      courier: this.#courier,
      feed: (session, event) => this.#feed(session, event),
      onTransactions: (from, envelopes) => this.#takeTransactions(from, envelopes),
      onStatus: (from, status) => this.#onStatus(from, status),
      onCertificates: (from) => this.#heardCertificates(from),
      onOtherEpoch: (from, epoch) => this.#onOtherEpoch(from, epoch),
      onHalt: (halt) => this.#onHalt(halt),
    })
  }

  /** Who agrees now, and as whom this node takes part. */
  get epoch(): EpochContext {
    return this.#session.context
  }

  get core(): Core {
    return this.#session.core
  }

  get pool(): Mempool {
    return this.#parts.pool
  }

  get links(): ValidatorLinks {
    return this.#links
  }

  /** Null when level with the others. */
  get syncProgress(): Synchronizer['progress'] {
    return this.#synchronizer.progress
  }

  /** The base fee of the next block, wei per gas. */
  get baseFeePerGas(): bigint {
    return this.#parts.pipeline.parameters.baseFeePerGas
  }

  /** After the newest final block that can be read. */
  get finalState(): WorldState {
    return this.#parts.pipeline.state
  }

  /** Whether recovery is over, so that this replica may sign. */
  get isStarted(): boolean {
    return this.#isStarted
  }

  /** Takes up where the journal ends; asks the others before it signs (docs/consensus.md, "After a crash"). */
  start(): void {
    const { clock, schedule } = this.#ports
    schedule(clock.monotonicMs() + this.#config.genesis.consensus.viewTimeoutMs, () => this.#startWhenReady(true))
    this.#synchronize()
    if (this.#isStopped) return
    this.#beat.start()
    this.#startWhenReady()
  }

  /** No port is used afterwards. */
  stop(): void {
    this.#isStopped = true
    this.#beat.stop()
    this.#governance.stop()
    this.#synchronizer.stop()
    this.#session.close()
    this.#parts.durable.stop()
  }

  receiveDirect(from: PeerId, message: Uint8Array): void {
    if (this.#isStopped) return
    this.#links.note(from, { heardAtMs: this.#ports.clock.monotonicMs() })
    this.#session.inbound.receive(from, message)
  }

  receiveGossip(topic: GossipTopic, from: PeerId, data: Uint8Array, done: (verdict: GossipVerdict) => void): void {
    if (this.#isStopped) return
    if (topic === 'transactions') {
      const envelopes = decodeEnvelopes(data)
      if (envelopes.ok) this.#takeTransactions(from, envelopes.value, done)
      else done('reject')
      return
    }
    if (topic === 'evidence') return done(this.#governance.desk.receive(data))
    const { announcements, epoch } = this.#session
    const height = announcements.judge(data)
    done(height.ok ? 'accept' : height.error.verdict)
    if (height.ok) this.#synchronizer.peerHasHeight(from, height.value, epoch)
  }

  /** What is proven and not settled yet, oldest first within a validator. */
  get heldEvidence(): readonly HeldEvidence[] {
    return this.#governance.desk.held
  }

  /** Nothing is answered any more. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Undefined refuses the request. */
  answer(from: PeerId, request: Uint8Array): Uint8Array | undefined {
    if (this.#isStopped) return undefined
    const answer = this.#server.answer(from, request)
    if (answer.ok) return answer.value
    if (answer.error.verdict === 'reject') this.#ports.network.penalise(from, FAULT_POINTS, answer.error.message)
    return undefined
  }

  /** `direct`: the stream of a validator. It begins with where we are. */
  peerUp(peer: PeerId, direct: boolean): void {
    if (this.#isStopped || !direct) return
    this.#links.note(peer, { connected: true })
    this.#links.sendTo(peer, { kind: 'certificates', bundle: this.#session.certificates.bundle() })
    this.#links.sendTo(peer, { kind: 'status', status: this.#beat.status() })
  }

  peerDown(peer: PeerId, direct: boolean): void {
    if (direct) this.#links.note(peer, { connected: false })
    else this.#synchronizer.forget(peer)
  }

  /** From a client of this node. */
  submit(envelope: Uint8Array, done: (verdict: IntakeVerdict) => void): void {
    this.#intake.submit(envelope, 'local', done)
  }

  /** What the operator takes out of the pool. */
  drop(transaction: Hash): boolean {
    return this.#intake.drop(transaction)
  }

  /** Who sends the calls that `call` makes; null for a node that signs nothing. */
  get speaker(): Address | null {
    return this.#governance.speaker
  }

  /** Of the `validators` module, in the name of this node's key: its operator's. */
  call(data: Uint8Array, done: (verdict: IntakeVerdict) => void): void {
    this.#governance.call(data, done)
  }

  /** Events are taken one after another; what one brings forth comes after it. */
  #feed(session: EpochSession, event: Event): void {
    if (this.#isStopped || session !== this.#session) return
    this.#events.push(event)
    if (this.#isFeeding) return
    this.#isFeeding = true
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift() ?? this.#payloadEvent())
      this.#step(next)
    this.#isFeeding = false
    this.#parts.durable.flush()
  }

  #step(event: Event): void {
    const { core, watch, runner } = this.#session
    const effects = core.handle(event, this.#ports.clock.monotonicMs())
    watch.observe(event, core.view)
    if (this.#isStopped) return
    this.#ports.observer.onCoreStep?.(event, effects)
    // The pool is held against the chain, which these move.
    const isMoved = effects.some(({ kind }) => kind === 'viewEntered' || kind === 'commit')
    if (isMoved || event.kind === 'executed' || event.kind === 'built') this.#isPayloadStale = true
    runner.run(effects)
  }

  #onHalt({ reason, certificates, refused }: Halt): void {
    if (this.#isStopped) return
    if (refused === null) {
      this.#halt(reason, haltReport(reason, { certificates }))
      return
    }
    const { hash, header } = refused
    this.#links.send('all', { kind: 'diverged', divergence: { height: header.height, blockHash: hash } })
    const own = this.#parts.executor.contradicted(hash)
    // Nothing is signed or answered any more while the others are asked where they differ.
    this.stop()
    reportDivergence({ reason, certificates, block: refused, own }, this.#ports, (report) =>
      this.#ports.stop({ kind: 'halt', reason, report }),
    )
  }

  #halt(reason: string, report: string): void {
    if (this.#isStopped) return
    this.stop()
    this.#ports.stop({ kind: 'halt', reason, report })
  }

  #payloadMayHaveChanged(): void {
    this.#isPayloadStale = true
    const event = this.#isFeeding ? undefined : this.#payloadEvent()
    if (event !== undefined) this.#feed(this.#session, event)
  }

  /** Says whether the pool has what the chain of the highest QC lacks, if that is news to the core. */
  #payloadEvent(): Event | undefined {
    if (!this.#isPayloadStale || this.#isStopped) return undefined
    this.#isPayloadStale = false
    const { executor, pool } = this.#parts
    const available = pool.hasCandidate(executor.parentView(this.core.highQc.blockHash))
    return available === this.core.payloadAvailable ? undefined : { kind: 'payload', available }
  }

  #onFinal(final: FinalBlock): void {
    this.#isPayloadStale = true
    this.#session.announcements.onFinal(final)
    this.#ports.observer.onFinalBlock?.(final)
    this.#governance.onFinal(final, this.epoch)
    if (final.block.header.consensus.end) this.#enterNextEpoch()
    this.#synchronize()
    this.#startWhenReady()
    this.#governance.act()
    this.#payloadMayHaveChanged()
  }

  /**
   * DURABILITY: the last block of the epoch and its proof are on disk. From here on nothing of that epoch
   * is signed, and whoever is still in it is told.
   */
  #enterNextEpoch(): void {
    const ended = this.#session
    ended.announcements.flush()
    ended.close()
    this.#epochEnds.tellAll(ended.epoch)
    const context = epochAtTip(this.#ports.store, this.#config.epochs)
    this.#links.enterEpoch(context)
    this.#parts.executor.enterEpoch({ validators: context.validators, leaderOf: leaderOf(context) })
    this.#events = []
    this.#session = this.#openSession(context)
    this.#ports.observer.onEpoch?.(context)
    this.#epochEnds.tellAll(ended.epoch)
    if (this.#isStarted) this.#feed(this.#session, { kind: 'start' })
  }

  #synchronize(): void {
    const advanced = this.#synchronizer.advance()
    if (advanced.ok) return
    const reason = `the journal holds a final block that is not valid: ${advanced.error.message}`
    this.#halt(reason, reason)
  }

  /** The timer says whether it has waited: it comes once, and by the clock a fraction of a millisecond early. */
  #startWhenReady(hasWaited = this.#hasWaited): void {
    this.#hasWaited = hasWaited
    if (this.#isStarted || this.#isStopped || !this.#synchronizer.isReplayed) return
    const { n, amplification } = this.epoch.validators
    if (!this.#hasWaited && this.#certificatesFrom.size < Math.min(amplification, n - 1)) return
    this.#isStarted = true
    this.#feed(this.#session, { kind: 'start' })
  }

  #heardCertificates(from: PeerId): void {
    if (this.#isStarted) return
    this.#certificatesFrom.add(from)
    this.#startWhenReady()
  }

  #takeTransactions(from: PeerId, envelopes: readonly Uint8Array[], done?: (verdict: GossipVerdict) => void): void {
    let outstanding = envelopes.length
    let verdict: GossipVerdict = 'accept'
    if (outstanding === 0) done?.('ignore')
    this.#intake.submitAll(envelopes, done === undefined ? 'validator' : 'gossip', (judged) => {
      if (!judged.ok && verdict !== 'reject') verdict = judged.error.verdict
      outstanding -= 1
      if (outstanding > 0) return
      if (done !== undefined) done(verdict)
      else if (verdict === 'reject') this.#ports.network.penalise(from, FAULT_POINTS, 'sent an invalid transaction')
    })
  }

  #onStatus(from: PeerId, status: Status): void {
    this.#links.note(from, { status, divergence: null })
    this.#synchronizer.peerHasHeight(from, status.height, status.epoch)
    const { epoch } = this.#session
    if (status.epoch < epoch) this.#epochEnds.answer(from, status.epoch)
    else if (status.epoch === epoch && status.highQcView > this.core.highQc.view)
      this.#links.sendTo(from, { kind: 'certificatesWanted' })
  }

  /** A peer behind us is told how its epoch ended; to one ahead we say where we are, and it tells us. */
  #onOtherEpoch(from: PeerId, epoch: Epoch): void {
    if (epoch < this.#session.epoch) this.#epochEnds.answer(from, epoch)
    else this.#links.sendTo(from, { kind: 'status', status: this.#beat.status() })
  }
}
