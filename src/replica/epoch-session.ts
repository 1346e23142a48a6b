/**
 * Everything about a replica that lasts for one epoch: the core, the judges of what it is told, and what
 * carries out what it asks for. Opened from disk at the start, and again when the last block of an epoch is
 * final and durable (docs/consensus.md, "The end of an epoch").
 */
import type { Core } from '../consensus/core.ts'
import type { Event } from '../consensus/events.ts'
import type { Status } from '../network/messages.ts'
import type { PeerId } from '../network/port.ts'
import { BlockFetcher } from '../sync/block-fetcher.ts'
import type { EpochEndProof } from '../types/finality.ts'
import type { Epoch } from '../types/ids.ts'
import { verifiedPart } from '../types/verified.ts'
import type { EpochValidators } from '../validation/epoch-validators.ts'
import { Announcements } from './announcements.ts'
import { CertificateExchange } from './certificate-exchange.ts'
import { EffectRunner, type Halt } from './effect-runner.ts'
import { type EpochContext, leaderOf, ownKeyIn } from './epoch-context.ts'
import type { EvidenceDesk } from './governance/evidence-desk.ts'
import { EvidenceWatch } from './governance/evidence-watch.ts'
import { Inbound } from './inbound.ts'
import { openEpoch } from './open-epoch.ts'
import { FAULT_POINTS } from './penalty.ts'
import type { ReplicaPorts } from './ports.ts'
import type { ReplicaConfig } from './replica-config.ts'
import type { ReplicaParts } from './replica-parts.ts'
import { OWN_WORK } from './shared-work.ts'
import { holdersOf, syncPorts } from './sync-ports.ts'
import type { TransactionCourier } from './transaction-courier.ts'
import type { ValidatorLinks } from './validator-links.ts'

/** What a session takes part in. */
export interface SessionSurroundings {
  readonly config: ReplicaConfig
  readonly ports: ReplicaPorts
  readonly parts: ReplicaParts
  readonly links: ValidatorLinks
  readonly desk: EvidenceDesk
  readonly courier: TransactionCourier
  /** Of this session: what comes after it has been closed is of no use. */
  readonly feed: (session: EpochSession, event: Event) => void
  readonly onTransactions: (from: PeerId, envelopes: readonly Uint8Array[]) => void
  readonly onStatus: (from: PeerId, status: Status) => void
  readonly onCertificates: (from: PeerId) => void
  readonly onOtherEpoch: (from: PeerId, epoch: Epoch) => void
  readonly onHalt: (halt: Halt) => void
}

export class EpochSession {
  readonly context: EpochContext
  readonly validators: EpochValidators
  readonly core: Core
  readonly certificates: CertificateExchange
  readonly announcements: Announcements
  readonly watch: EvidenceWatch
  readonly inbound: Inbound
  readonly runner: EffectRunner
  readonly #surroundings: SessionSurroundings
  #isClosed = false

  constructor(context: EpochContext, surroundings: SessionSurroundings) {
    const { config, ports, parts, links, desk, courier } = surroundings
    this.#surroundings = surroundings
    this.context = context
    const { validators, core } = openEpoch(config, ports, context)
    this.validators = validators
    this.core = core
    const { epoch, members } = context.validators
    const { self, schedule } = context
    const nowMs = (): number => ports.clock.monotonicMs()
    const feed = (event: Event): void => surroundings.feed(this, event)
    this.certificates = new CertificateExchange(core, epoch, links, nowMs)
    this.announcements = new Announcements(self?.address ?? null, ports.store.tip.header.height, {
      publish: (data) => ports.network.publish('announcements', data),
      schedule: ports.schedule,
      nowMs,
      validators,
    })
    this.watch = new EvidenceWatch(epoch, { validators: members, schedule }, leaderOf(context), desk)
    this.inbound = this.#createInbound(feed)
    const fetcher = new BlockFetcher({
      ...syncPorts(ports, () => this.#isClosed),
      judge: (block) => validators.proposals.anchoredBlock(block),
      peers: (signers) => holdersOf(signers, links, ports.network),
      deliver: (blocks) => feed({ kind: 'blocks', blocks }),
      committed: () => core.tip,
    })
    this.runner = new EffectRunner({
      ...parts,
      ports,
      genesisHash: config.genesisHash,
      self,
      key: ownKeyIn(context, ports.keys()),
      fetcher,
      feed,
      send: (to, message) => links.send(to, message),
      sendCertificates: (to) => this.#sendCertificates(to),
      sendFinality: () => this.certificates.pushFinality(),
      resendTransactions: () => courier.carryWaiting(),
      halt: (halt) => surroundings.onHalt(halt),
    })
  }

  get epoch(): Epoch {
    return this.context.validators.epoch
  }

  close(): void {
    this.#isClosed = true
    this.announcements.stop()
    this.runner.stop()
  }

  /** How this epoch ended, from whoever knows: true for everybody, so who tells it costs nothing to ask. */
  takeEpochEnd(from: PeerId, proof: EpochEndProof): void {
    const { ports, feed } = this.#surroundings
    const judged = this.validators.finality.epochEnd(proof)
    if (judged.ok) feed(this, { kind: 'finality', finality: verifiedPart(judged.value, judged.value.finality) })
    else if (judged.error.verdict === 'reject') ports.network.penalise(from, FAULT_POINTS, judged.error.message)
  }

  #createInbound(feed: (event: Event) => void): Inbound {
    const { config, ports, links, onTransactions, onStatus, onCertificates, onOtherEpoch } = this.#surroundings
    const { network, clock, schedule } = ports
    const { core } = this
    return new Inbound({
      epoch: this.epoch,
      core,
      decode: (ports.shared ?? OWN_WORK).decode,
      messages: this.validators.messages,
      proposals: this.validators.proposals,
      feed,
      onTransactions,
      onStatus,
      onOtherEpoch,
      onEpochEnd: (from, proof) => this.takeEpochEnd(from, proof),
      onDivergence: (from, divergence) => links.note(from, { divergence }),
      onRefusedProposal: (proposal) => this.watch.observeRefusedProposal(proposal),
      onRefusedTimeout: (timeout) => this.watch.observeRefusedTimeout(timeout),
      onCertificates,
      onCertificatesWanted: (from) => this.certificates.answer(from),
      penalise: (peer, points, reason) => network.penalise(peer, points, reason),
      wallMs: () => clock.wallMs(),
      clockDriftMsMax: config.genesis.consensus.clockDriftMsMax,
      later: (delayMs, callback) => {
        schedule(clock.monotonicMs() + delayMs, callback)
      },
    })
  }

  #sendCertificates(to: number | 'all'): void {
    const peer = to === 'all' ? undefined : this.#surroundings.links.peerOf(to)
    if (to === 'all') this.certificates.push()
    else if (peer !== undefined) this.certificates.answer(peer)
  }
}
