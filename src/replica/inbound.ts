/**
 * Bytes from a validator become events for the core: decode, ask whether it is of any use, judge,
 * and only then hand it on. What is wrong by the sender's own fault costs it score.
 */
import { isPlanted } from '../base/planted-bug.ts'
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import type { Core } from '../consensus/core.ts'
import type { Event } from '../consensus/events.ts'
import { type DirectMessage, type Divergence, epochOf, type Status } from '../network/messages.ts'
import type { PeerId } from '../network/port.ts'
import type { Proposal } from '../types/block.ts'
import type { Timeout } from '../types/certificate.ts'
import type { TimeoutMessage } from '../types/consensus-message.ts'
import type { EpochEndProof } from '../types/finality.ts'
import type { Epoch } from '../types/ids.ts'
import { type Verified, verifiedPart } from '../types/verified.ts'
import type { ConsensusMessageValidator } from '../validation/consensus-message.ts'
import type { ProposalValidator } from '../validation/proposal.ts'
import type { SharedWork } from './shared-work.ts'

export interface InboundPorts {
  readonly epoch: Epoch
  readonly core: Core
  readonly decode: SharedWork['decode']
  readonly messages: ConsensusMessageValidator
  readonly proposals: ProposalValidator
  readonly feed: (event: Event) => void
  readonly onTransactions: (from: PeerId, envelopes: readonly Uint8Array[]) => void
  readonly onStatus: (from: PeerId, status: Status) => void
  readonly onDivergence: (from: PeerId, divergence: Divergence) => void
  /** It has missed the end of an epoch, or we have. */
  readonly onOtherEpoch: (from: PeerId, epoch: Epoch) => void
  readonly onEpochEnd: (from: PeerId, proof: EpochEndProof) => void
  /** Not valid, for whatever reason. */
  readonly onRefusedProposal: (proposal: Proposal) => void
  /** Its signature holds, but not what its message carries. */
  readonly onRefusedTimeout: (timeout: Verified<Timeout>) => void
  /** A peer told us where it is, be it news or not. */
  readonly onCertificates: (from: PeerId) => void
  readonly onCertificatesWanted: (from: PeerId) => void
  readonly penalise: (peer: PeerId, points: number, reason: string) => void
  /** Milliseconds since the Unix epoch. */
  readonly wallMs: () => number
  readonly clockDriftMsMax: number
  readonly later: (delayMs: number, callback: () => void) => void
}

/** What a message of the sender's own making costs when it is wrong. */
const FAULT_POINTS = 10
/** BOUND: proposals from the near future that wait for their time. */
const EARLY_PROPOSALS_MAX = 8
/** A proposal further ahead than this is not waited for. */
const EARLY_MS_MAX = 10_000

export class Inbound {
  readonly #ports: InboundPorts
  #earlyProposals = 0

  constructor(ports: InboundPorts) {
    this.#ports = ports
  }

  receive(from: PeerId, bytes: Uint8Array): void {
    const decoded = this.#ports.decode(bytes)
    if (decoded.ok) this.#take(from, decoded.value)
    else this.#ports.penalise(from, FAULT_POINTS, decoded.error.message)
  }

  #take(from: PeerId, message: DirectMessage): void {
    const { core, messages, feed } = this.#ports
    const epoch = epochOf(message)
    if (epoch !== null && epoch !== this.#ports.epoch) {
      if (message.kind === 'certificates') this.#ports.onCertificates(from)
      this.#ports.onOtherEpoch(from, epoch)
      return
    }
    switch (message.kind) {
      case 'proposal':
        if (core.wantsProposal(message.proposal)) this.#takeProposal(from, message.proposal)
        return
      case 'vote':
        if (core.wantsVote(message.vote))
          this.#feedJudged(from, messages.vote(message.vote), (vote) => feed({ kind: 'vote', vote }))
        return
      case 'commitVote':
        if (core.wantsCommitVote(message.vote))
          this.#feedJudged(from, messages.commitVote(message.vote), (vote) => feed({ kind: 'commitVote', vote }))
        return
      case 'timeout':
        this.#takeTimeout(from, message.message)
        return
      case 'certificates':
        if (core.wantsCertificates(message.bundle))
          this.#feedJudged(from, messages.bundle(message.bundle), (bundle) => feed({ kind: 'certificates', bundle }))
        this.#ports.onCertificates(from)
        return
      case 'certificatesWanted':
        this.#ports.onCertificatesWanted(from)
        return
      case 'status':
        this.#ports.onStatus(from, message.status)
        return
      case 'transactions':
        this.#ports.onTransactions(from, message.envelopes)
        return
      case 'epochEnd':
        this.#ports.onEpochEnd(from, message.proof)
        return
      case 'diverged':
        this.#ports.onDivergence(from, message.divergence)
    }
  }

  #takeProposal(from: PeerId, received: Proposal): void {
    const judged = this.#ports.proposals.proposal(received)
    if (!judged.ok) this.#ports.onRefusedProposal(received)
    this.#feedJudged(from, judged, (proposal) =>
      this.#inItsTime(proposal, () => this.#ports.feed({ kind: 'proposal', proposal })),
    )
  }

  #takeTimeout(from: PeerId, received: TimeoutMessage): void {
    const { messages, onRefusedTimeout } = this.#ports
    const judged = messages.timeoutMessage(received)
    const timeout = judged.ok ? null : messages.timeout(received.timeout)
    if (timeout?.ok === true) onRefusedTimeout(timeout.value)
    this.#feedJudged(from, judged, (message) => this.#feedTimeout(message))
  }

  #feedJudged<T>(from: PeerId, judged: Result<T, Rejection>, feed: (value: T) => void): void {
    if (judged.ok) feed(judged.value)
    else if (judged.error.verdict === 'reject') this.#ports.penalise(from, FAULT_POINTS, judged.error.message)
  }

  /** The timeout counts at once; a proposal inside it from the future comes no sooner than by itself. */
  #feedTimeout(message: Verified<TimeoutMessage>): void {
    const { feed } = this.#ports
    if (message.proposal === null || this.#earlyMs(message.proposal) <= 0) {
      feed({ kind: 'timeout', message })
      return
    }
    const proposal = verifiedPart(message, message.proposal)
    feed({ kind: 'timeout', message: { ...message, proposal: null } })
    this.#inItsTime(proposal, () => feed({ kind: 'proposal', proposal }))
  }

  #earlyMs({ block }: Proposal): number {
    if (__CANARIES__ && isPlanted('future-time-accepted')) return 0
    return block.header.consensus.timeMs - this.#ports.wallMs() - this.#ports.clockDriftMsMax
  }

  /** A block from the future waits for its time: its leader's clock may simply be ahead of ours. */
  #inItsTime(proposal: Proposal, feed: () => void): void {
    const earlyMs = this.#earlyMs(proposal)
    if (earlyMs <= 0) {
      feed()
      return
    }
    if (earlyMs > EARLY_MS_MAX || this.#earlyProposals >= EARLY_PROPOSALS_MAX) return
    this.#earlyProposals += 1
    this.#ports.later(earlyMs, () => {
      this.#earlyProposals -= 1
      feed()
    })
  }
}
