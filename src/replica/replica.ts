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
import { decodeEnvelopes, decodeStatus, encodeRequest, type Status } from '../network/messages.ts'
import type { GossipTopic, GossipVerdict, PeerId } from '../network/port.ts'
import { BlockFetcher } from '../sync/block-fetcher.ts'
import { RangeSync } from '../sync/range-sync.ts'
import type { FinalBlock } from '../types/final-block.ts'
import { Announcements } from './announcements.ts'
import { CertificateExchange } from './certificate-exchange.ts'
import { EffectRunner } from './effect-runner.ts'
import { Inbound } from './inbound.ts'
import { LocalReplay } from './local-replay.ts'
import type { ReplicaPorts } from './ports.ts'
import type { ReplicaConfig } from './replica-config.ts'
import { createReplicaParts, type ReplicaParts } from './replica-parts.ts'
import { RequestServer } from './request-server.ts'
import { TransactionCourier } from './transaction-courier.ts'
import { type IntakeVerdict, TransactionIntake } from './transaction-intake.ts'
import { ValidatorLinks } from './validator-links.ts'

/** Score that a message costs which no correct peer sends. */
const FAULT_POINTS = 10
const BEAT_MS = 1_000
/** A validator this far behind fetches ranges; closer, consensus itself catches up. */
const RANGE_SYNC_BLOCKS = 8
/** Peers that an observer asks for their height at each beat (design rulings, 38). */
const OBSERVED_PEERS = 2
const RESPONSE_BYTES_MAX = 4 * 1024 * 1024

export class Replica {
  readonly #config: ReplicaConfig
  readonly #ports: ReplicaPorts
  readonly #parts: ReplicaParts
  readonly #links: ValidatorLinks
  readonly #certificates: CertificateExchange
  readonly #fetcher: BlockFetcher
  readonly #rangeSync: RangeSync
  readonly #announcements: Announcements
  readonly #intake: TransactionIntake
  readonly #courier: TransactionCourier
  readonly #inbound: Inbound
  readonly #server: RequestServer
  readonly #runner: EffectRunner
  readonly #replay: LocalReplay
  readonly #events: Event[] = []
  #isFeeding = false
  #isStopped = false
  #isStarted = false
  #certificatesHeard = 0
  #startAtMs = 0
  /** Whether the pool, or the chain that it is held against, has changed since the core was told of it. */
  #isPayloadStale = true
  #cancelBeat: (() => void) | null = null

  constructor(config: ReplicaConfig, ports: ReplicaPorts) {
    this.#config = config
    this.#ports = ports
    this.#parts = createReplicaParts(config, ports, (final) => this.#onFinal(final))
    const { network, clock, schedule } = ports
    const { pool, verifier, validators, executor, pipeline, durable, core } = this.#parts
    const nowMs = (): number => clock.monotonicMs()
    const self = config.self?.index ?? null
    this.#links = new ValidatorLinks(network, config.validatorPeers, self)
    this.#certificates = new CertificateExchange(core, config.validators.epoch, this.#links, nowMs)
    this.#announcements = new Announcements(config.self?.address ?? null, {
      publish: (data) => network.publish('announcements', data),
      schedule,
      nowMs,
      validators,
    })
    this.#courier = new TransactionCourier(network, pool, self !== null, this.#links.others)
    this.#intake = new TransactionIntake(pool, verifier, {
      nowMs,
      accounts: () => pipeline.state,
      baseFeePerGas: () => pipeline.baseFeePerGas,
      carry: (transactions) => this.#courier.carry(transactions),
      poolChanged: () => this.#payloadMayHaveChanged(),
    })
    const sync = this.#syncPorts()
    this.#fetcher = new BlockFetcher({
      ...sync,
      peers: (signers) => this.#holders(signers),
      deliver: (blocks) => this.#feed({ kind: 'blocks', blocks }),
      committed: () => core.tip,
    })
    this.#rangeSync = new RangeSync(
      {
        ...sync,
        judgeCertificate: (certificate) => validators.certificates.commitCertificate(certificate),
        deliver: (blocks, certificate) => {
          this.#feed({ kind: 'blocks', blocks })
          this.#feed({ kind: 'commitCertificate', certificate })
        },
        committed: () => core.tip,
      },
      config.self === null ? 0 : RANGE_SYNC_BLOCKS,
    )
    this.#inbound = new Inbound({
      core,
      messages: validators.messages,
      proposals: validators.proposals,
      feed: (event) => this.#feed(event),
      onTransactions: (from, envelopes) => this.#takeTransactions(from, envelopes),
      onStatus: (from, status) => this.#onStatus(from, status),
      onCertificates: () => this.#heardCertificates(),
      onCertificatesWanted: (from) => this.#certificates.answer(from),
      penalise: (peer, points, reason) => network.penalise(peer, points, reason),
      wallMs: () => clock.wallMs(),
      clockDriftMsMax: config.genesis.consensus.clockDriftMsMax,
      later: sync.later,
    })
    this.#server = new RequestServer({
      core,
      store: ports.store,
      bundle: () => this.#certificates.bundle(),
      status: () => this.#status(),
    })
    this.#replay = new LocalReplay(config.recovered.ranges(), validators)
    this.#runner = new EffectRunner({
      genesisHash: config.genesisHash,
      self: config.self,
      ports,
      durable,
      executor,
      pipeline,
      fetcher: this.#fetcher,
      feed: (event) => this.#feed(event),
      send: (to, message) => this.#links.send(to, message),
      sendCertificates: (to) => this.#sendCertificates(to),
      resendTransactions: () => this.#courier.carryWaiting(),
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

  get rangeSync(): RangeSync {
    return this.#rangeSync
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

  /** Takes up where the journal ends, then asks the others where they are before it signs (design rulings, 7). */
  start(): void {
    const { clock, schedule } = this.#ports
    this.#startAtMs = clock.monotonicMs() + this.#config.genesis.consensus.viewTimeoutMs
    schedule(this.#startAtMs, () => this.#startWhenReady())
    this.#replayNext()
    this.#beat()
    this.#startWhenReady()
  }

  /** No port is used afterwards. */
  stop(): void {
    this.#isStopped = true
    this.#cancelBeat?.()
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
    const height = this.#announcements.judge(data)
    done(height.ok ? 'accept' : height.error.verdict)
    if (height.ok) this.#rangeSync.peerHasHeight(from, height.value)
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
    this.#links.sendTo(peer, { kind: 'status', status: this.#status() })
  }

  peerDown(peer: PeerId, direct: boolean): void {
    if (direct) this.#links.note(peer, { connected: false })
    else this.#rangeSync.forget(peer)
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
    this.#ports.observer.onCoreStep?.(event, effects)
    if (effects.some(changesPayload) || event.kind === 'executed' || event.kind === 'built') this.#isPayloadStale = true
    this.#runner.run(effects)
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
    const { executor, pool, pipeline } = this.#parts
    const { blockHash } = this.core.highQc
    const { state } = (executor.result(blockHash) ?? executor.tip).executed
    const available = pool.hasCandidate(
      executor.transactionsUpTo(blockHash),
      (sender) => state.account(sender).nonce,
      pipeline.baseFeePerGas,
    )
    return available === this.core.payloadAvailable ? undefined : { kind: 'payload', available }
  }

  #onFinal(final: FinalBlock): void {
    this.#isPayloadStale = true
    this.#announcements.onFinal(final)
    this.#ports.observer.onFinalBlock?.(final)
    this.#replayNext()
    this.#rangeSync.advance()
    this.#startWhenReady()
    this.#payloadMayHaveChanged()
  }

  #replayNext(): void {
    const next = this.#replay.next(this.#ports.store.tip.header.height)
    if (!next.ok) {
      const reason = `the journal holds a final block that is not valid: ${next.error.message}`
      this.#ports.stop({ kind: 'halt', reason, report: reason })
      return
    }
    if (next.value === null) return
    this.#feed({ kind: 'blocks', blocks: next.value.blocks })
    this.#feed({ kind: 'commitCertificate', certificate: next.value.certificate })
  }

  #startWhenReady(): void {
    if (this.#isStarted || this.#isStopped || !this.#replay.isDone(this.#ports.store.tip.header.height)) return
    const { n, amplification } = this.#config.validators
    const enough = this.#certificatesHeard >= Math.min(amplification, n - 1)
    if (!enough && this.#ports.clock.monotonicMs() < this.#startAtMs) return
    this.#isStarted = true
    this.#feed({ kind: 'start' })
  }

  #heardCertificates(): void {
    this.#certificatesHeard += 1
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
    for (const envelope of envelopes)
      this.#intake.submit(envelope, 'remote', (judged) => {
        if (!judged.ok && verdict !== 'reject') verdict = judged.error.verdict
        outstanding -= 1
        if (outstanding > 0) return
        if (done !== undefined) done(verdict)
        else if (verdict === 'reject') this.#ports.network.penalise(from, FAULT_POINTS, 'sent an invalid transaction')
      })
  }

  #onStatus(from: PeerId, status: Status): void {
    this.#links.note(from, { status })
    this.#rangeSync.peerHasHeight(from, status.height)
    if (status.epoch !== this.#config.validators.epoch) return
    if (status.highQcView > this.core.highQc.view) this.#links.sendTo(from, { kind: 'certificatesWanted' })
  }

  #status(): Status {
    const { hash, header } = this.#ports.store.tip
    const { highQc, view } = this.core
    return {
      epoch: this.#config.validators.epoch,
      view,
      highQcView: highQc.view,
      height: header.height,
      tipHash: hash,
    }
  }

  /** Once a second, idle or not: says where we are, or asks. */
  #beat(): void {
    if (this.#isStopped) return
    const { clock, schedule } = this.#ports
    const nowMs = clock.monotonicMs()
    if (this.#config.self === null) this.#askForStatus()
    else this.#links.send('all', { kind: 'status', status: this.#status() })
    this.#courier.carryLingering(nowMs)
    this.#cancelBeat = schedule(nowMs + BEAT_MS, () => this.#beat())
  }

  #askForStatus(): void {
    const { network } = this.#ports
    const connected = network.connectedPeers()
    const turn = Math.floor(this.#ports.clock.monotonicMs() / BEAT_MS)
    for (let offset = 0; offset < Math.min(OBSERVED_PEERS, connected.length); offset++) {
      const peer = connected[(turn + offset) % connected.length]
      if (peer === undefined) return
      const options = { timeoutMs: BEAT_MS, responseBytesMax: 256 }
      network.request(peer, encodeRequest({ kind: 'status' }), options, (response) => {
        const status = response.ok ? decodeStatus(response.value) : response
        if (status.ok && !this.#isStopped) this.#onStatus(peer, status.value)
      })
    }
  }

  /** Signers hold the block durably; after them anybody. */
  #holders(signers: readonly number[]): readonly PeerId[] {
    const holders = signers.flatMap((signer) => this.#links.peerOf(signer) ?? [])
    const connected = this.#ports.network.connectedPeers()
    const reachable = holders.filter((peer) => connected.includes(peer))
    return [...reachable, ...connected.filter((peer) => !reachable.includes(peer))]
  }

  #syncPorts() {
    const { network, clock, schedule } = this.#ports
    const { validators } = this.#parts
    return {
      request: (peer: PeerId, body: Uint8Array, timeoutMs: number, done: Parameters<typeof network.request>[3]) =>
        network.request(peer, body, { timeoutMs, responseBytesMax: RESPONSE_BYTES_MAX }, (response) => {
          if (!this.#isStopped) done(response)
        }),
      later: (delayMs: number, callback: () => void): void => {
        schedule(clock.monotonicMs() + delayMs, () => {
          if (!this.#isStopped) callback()
        })
      },
      judge: (block: Parameters<typeof validators.proposals.anchoredBlock>[0]) =>
        validators.proposals.anchoredBlock(block),
      penalise: (peer: PeerId, reason: string): void => network.penalise(peer, FAULT_POINTS, reason),
    }
  }
}

/** What moves the chain that the pool is held against. */
function changesPayload(effect: Effect): boolean {
  return effect.kind === 'viewEntered' || effect.kind === 'commit'
}
