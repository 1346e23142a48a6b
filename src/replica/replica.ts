/**
 * A replica: the consensus core with everything around it that is the same in production and in
 * simulation. What happens outside comes in through the methods of this class, each of which runs
 * to its end without waiting; what the replica does goes out through its ports.
 */
import type { Core } from '../consensus/core.ts'
import type { Effect } from '../consensus/effects.ts'
import type { Event } from '../consensus/events.ts'
import type { WorldState } from '../ledger/world-state.ts'
import type { Mempool } from '../mempool/mempool.ts'
import { decodeEnvelopes, type Status } from '../network/messages.ts'
import type { GossipTopic, GossipVerdict, PeerId } from '../network/port.ts'
import type { FinalBlock } from '../types/final-block.ts'
import { Announcements } from './announcements.ts'
import { CertificateExchange } from './certificate-exchange.ts'
import { EffectRunner } from './effect-runner.ts'
import { createEvidenceDesk } from './governance/create-evidence-desk.ts'
import type { EvidenceDesk } from './governance/evidence-desk.ts'
import { EvidenceWatch } from './governance/evidence-watch.ts'
import { Inbound } from './inbound.ts'
import { FAULT_POINTS } from './penalty.ts'
import type { ReplicaPorts } from './ports.ts'
import type { ReplicaConfig } from './replica-config.ts'
import { createReplicaParts, type ReplicaParts } from './replica-parts.ts'
import { RequestServer } from './request-server.ts'
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
  readonly #certificates: CertificateExchange
  readonly #synchronizer: Synchronizer
  readonly #beat: StatusBeat
  readonly #announcements: Announcements
  readonly #desk: EvidenceDesk
  readonly #watch: EvidenceWatch
  readonly #intake: TransactionIntake
  readonly #courier: TransactionCourier
  readonly #inbound: Inbound
  readonly #server: RequestServer
  readonly #runner: EffectRunner
  readonly #events: Event[] = []
  #isFeeding = false
  #isStopped = false
  #isStarted = false
  /** BOUND: direct streams run between validators only. */
  readonly #certificatesFrom = new Set<PeerId>()
  #startAtMs = 0
  /** Whether the pool, or the chain that it is held against, has changed since the core was told of it. */
  #isPayloadStale = true

  constructor(config: ReplicaConfig, ports: ReplicaPorts) {
    this.#config = config
    this.#ports = ports
    this.#parts = createReplicaParts(config, ports, (final) => this.#onFinal(final))
    const { network, clock } = ports
    const { pool, verifier, validators, pipeline, core } = this.#parts
    const isObserver = config.self === null
    const feed = (event: Event): void => this.#feed(event)
    const nowMs = (): number => clock.monotonicMs()
    this.#links = new ValidatorLinks(network, config.validatorPeers, config.self?.index ?? null)
    const { epoch } = config.validators
    const shared = { ports, core, validators, links: this.#links, epoch, isObserver, feed }
    this.#certificates = new CertificateExchange(core, epoch, this.#links, nowMs)
    this.#announcements = new Announcements(config.self?.address ?? null, {
      publish: (data) => network.publish('announcements', data),
      schedule: ports.schedule,
      nowMs,
      validators,
    })
    this.#desk = createEvidenceDesk(config, { ...ports, halt: (reason, report) => this.#halt(reason, report) })
    this.#watch = new EvidenceWatch(
      epoch,
      { validators: config.validators.members, schedule: config.schedule },
      (view) => core.leaderOf(view),
      this.#desk,
    )
    this.#courier = new TransactionCourier(network, pool, !isObserver, this.#links.others)
    this.#intake = new TransactionIntake(pool, verifier, {
      nowMs,
      accounts: () => pipeline.state,
      baseFeePerGas: () => pipeline.baseFeePerGas,
      carry: (transactions) => this.#courier.carry(transactions),
      poolChanged: () => this.#payloadMayHaveChanged(),
    })
    this.#synchronizer = new Synchronizer({ ...shared, recovered: config.recovered })
    this.#beat = new StatusBeat({
      ...shared,
      onStatus: (from, status) => this.#onStatus(from, status),
      onBeat: (atMs) => {
        this.#courier.carryLingering(atMs)
        this.#desk.repeat(atMs)
      },
    })
    this.#inbound = this.#createInbound(feed)
    this.#server = new RequestServer({
      core,
      store: ports.store,
      bundle: () => this.#certificates.bundle(),
      status: () => this.#beat.status(),
    })
    this.#runner = new EffectRunner({
      ...this.#parts,
      ports,
      genesisHash: config.genesisHash,
      self: config.self,
      synchronizer: this.#synchronizer,
      feed,
      send: (to, message) => this.#links.send(to, message),
      sendCertificates: (to) => this.#sendCertificates(to),
      sendFinality: () => this.#certificates.pushFinality(),
      resendTransactions: () => this.#courier.carryWaiting(),
    })
  }

  #createInbound(feed: (event: Event) => void): Inbound {
    const { network, clock, schedule } = this.#ports
    const { validators, core } = this.#parts
    return new Inbound({
      core,
      messages: validators.messages,
      proposals: validators.proposals,
      feed,
      onTransactions: (from, envelopes) => this.#takeTransactions(from, envelopes),
      onStatus: (from, status) => this.#onStatus(from, status),
      onRefusedProposal: (proposal) => this.#watch.observeRefusedProposal(proposal),
      onRefusedTimeout: (timeout) => this.#watch.observeRefusedTimeout(timeout),
      onCertificates: (from) => this.#heardCertificates(from),
      onCertificatesWanted: (from) => this.#certificates.answer(from),
      penalise: (peer, points, reason) => network.penalise(peer, points, reason),
      wallMs: () => clock.wallMs(),
      clockDriftMsMax: this.#config.genesis.consensus.clockDriftMsMax,
      later: (delayMs, callback) => {
        schedule(clock.monotonicMs() + delayMs, callback)
      },
    })
  }

  get core(): Core {
    return this.#parts.core
  }

  get pool(): Mempool {
    return this.#parts.pool
  }

  get links(): ValidatorLinks {
    return this.#links
  }

  /** Null unless ranges of blocks are being fetched. */
  get syncProgress(): Synchronizer['progress'] {
    return this.#synchronizer.progress
  }

  /** The base fee of the next block, wei per gas. */
  get baseFeePerGas(): bigint {
    return this.#parts.pipeline.baseFeePerGas
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
    this.#startAtMs = clock.monotonicMs() + this.#config.genesis.consensus.viewTimeoutMs
    schedule(this.#startAtMs, () => this.#startWhenReady())
    this.#synchronize()
    if (this.#isStopped) return
    this.#beat.start()
    this.#startWhenReady()
  }

  /** No port is used afterwards. */
  stop(): void {
    this.#isStopped = true
    this.#beat.stop()
    this.#synchronizer.stop()
    this.#announcements.stop()
    this.#runner.stop()
    this.#parts.durable.stop()
  }

  receiveDirect(from: PeerId, message: Uint8Array): void {
    if (this.#isStopped) return
    this.#links.note(from, { heardAtMs: this.#ports.clock.monotonicMs() })
    this.#inbound.receive(from, message)
  }

  receiveGossip(topic: GossipTopic, from: PeerId, data: Uint8Array, done: (verdict: GossipVerdict) => void): void {
    if (this.#isStopped) return
    if (topic === 'transactions') {
      const envelopes = decodeEnvelopes(data)
      if (envelopes.ok) this.#takeTransactions(from, envelopes.value, done)
      else done('reject')
      return
    }
    if (topic === 'evidence') {
      done(this.#desk.receive(data))
      return
    }
    const height = this.#announcements.judge(data)
    done(height.ok ? 'accept' : height.error.verdict)
    if (height.ok) this.#synchronizer.peerHasHeight(from, height.value)
  }

  /** Undefined refuses the request. */
  answer(from: PeerId, request: Uint8Array): Uint8Array | undefined {
    if (this.#isStopped) return undefined
    const answer = this.#server.answer(request)
    if (answer.ok) return answer.value
    this.#ports.network.penalise(from, FAULT_POINTS, answer.error.message)
    return undefined
  }

  /** `direct`: the stream of a validator. It begins with where we are. */
  peerUp(peer: PeerId, direct: boolean): void {
    if (this.#isStopped || !direct) return
    this.#links.note(peer, { connected: true })
    this.#links.sendTo(peer, { kind: 'certificates', bundle: this.#certificates.bundle() })
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

  /** Events are taken one after another; what one brings forth comes after it. */
  #feed(event: Event): void {
    if (this.#isStopped) return
    this.#events.push(event)
    if (this.#isFeeding) return
    this.#isFeeding = true
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift() ?? this.#payloadEvent())
      this.#step(next)
    this.#isFeeding = false
    this.#parts.durable.flush()
  }

  #step(event: Event): void {
    const effects = this.core.handle(event, this.#ports.clock.monotonicMs())
    this.#watch.observe(event, this.core.view)
    if (this.#isStopped) return
    this.#ports.observer.onCoreStep?.(event, effects)
    if (effects.some(changesPayload) || event.kind === 'executed' || event.kind === 'built') this.#isPayloadStale = true
    this.#runner.run(effects)
  }

  #halt(reason: string, report: string): void {
    if (this.#isStopped) return
    this.stop()
    this.#ports.stop({ kind: 'halt', reason, report })
  }

  #payloadMayHaveChanged(): void {
    this.#isPayloadStale = true
    const event = this.#isFeeding ? undefined : this.#payloadEvent()
    if (event !== undefined) this.#feed(event)
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
    this.#announcements.onFinal(final)
    this.#ports.observer.onFinalBlock?.(final)
    this.#synchronize()
    this.#startWhenReady()
    this.#payloadMayHaveChanged()
  }

  #synchronize(): void {
    const advanced = this.#synchronizer.advance()
    if (advanced.ok) return
    const reason = `the journal holds a final block that is not valid: ${advanced.error.message}`
    this.#halt(reason, reason)
  }

  #startWhenReady(): void {
    if (this.#isStarted || this.#isStopped || !this.#synchronizer.isReplayed) return
    const { n, amplification } = this.#config.validators
    const enough = this.#certificatesFrom.size >= Math.min(amplification, n - 1)
    if (!enough && this.#ports.clock.monotonicMs() < this.#startAtMs) return
    this.#isStarted = true
    this.#feed({ kind: 'start' })
  }

  #heardCertificates(from: PeerId): void {
    if (this.#isStarted) return
    this.#certificatesFrom.add(from)
    this.#startWhenReady()
  }

  #sendCertificates(to: number | 'all'): void {
    const peer = to === 'all' ? undefined : this.#links.peerOf(to)
    if (to === 'all') this.#certificates.push()
    else if (peer !== undefined) this.#certificates.answer(peer)
  }

  #takeTransactions(from: PeerId, envelopes: readonly Uint8Array[], done?: (verdict: GossipVerdict) => void): void {
    let outstanding = envelopes.length
    let verdict: GossipVerdict = 'accept'
    if (outstanding === 0) done?.('ignore')
    this.#intake.submitAll(envelopes, 'remote', (judged) => {
      if (!judged.ok && verdict !== 'reject') verdict = judged.error.verdict
      outstanding -= 1
      if (outstanding > 0) return
      if (done !== undefined) done(verdict)
      else if (verdict === 'reject') this.#ports.network.penalise(from, FAULT_POINTS, 'sent an invalid transaction')
    })
  }

  #onStatus(from: PeerId, status: Status): void {
    this.#links.note(from, { status })
    this.#synchronizer.peerHasHeight(from, status.height)
    if (status.epoch !== this.#config.validators.epoch) return
    if (status.highQcView > this.core.highQc.view) this.#links.sendTo(from, { kind: 'certificatesWanted' })
  }
}

/** What moves the chain that the pool is held against. */
function changesPayload(effect: Effect): boolean {
  return effect.kind === 'viewEntered' || effect.kind === 'commit'
}
