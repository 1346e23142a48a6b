/**
 * Does by itself what this node's key owes the network: submits evidence, votes on what is proven,
 * accuses the silent, says that it is ready (docs/consensus.md, "What becomes of evidence"). It acts
 * only on the final state of a replica that is level with the others.
 *
 * What one validator is enough for falls to the validators in turn, by their places in the set, so
 * that mostly one does it and a faulty one delays it by its turn only.
 */
import { bytesEqual } from '../../base/bytes.ts'
import type { GovernanceRules } from '../../ledger/governance-rules.ts'
import { proposalVotedOnBy } from '../../ledger/modules/validators/encode-call.ts'
import type { WordReader } from '../../ledger/storage-words.ts'
import { SYSTEM_ADDRESS } from '../../ledger/system/system-account.ts'
import { readRecordOfSigner } from '../../ledger/system/validator-records.ts'
import type { Mempool } from '../../mempool/mempool.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import type { GovernanceParameters } from '../../types/genesis.ts'
import type { Hash, Height } from '../../types/ids.ts'
import { type EpochContext, leaderOf } from '../epoch-context.ts'
import type { Clock, ReplicaPorts } from '../ports.ts'
import type { IntakeVerdict } from '../transaction-intake.ts'
import type { AcceptedEvidence } from './accepted-evidence.ts'
import type { CallSender } from './call-sender.ts'
import { type Duty, dutiesOf, voteOn } from './duties.ts'
import type { EvidenceDesk } from './evidence-desk.ts'
import { MissedViews } from './missed-views.ts'

const TURN_MS = 200
/** Timers are no more exact than this: what is due so soon is due now. */
const TIMER_MS = 1
/** So long what somebody else has brought into the pool is waited for. */
const PATIENCE_MS = 3_000

export interface StewardPorts {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly schedule: ReplicaPorts['schedule']
  readonly rules: GovernanceRules
  readonly governance: GovernanceParameters
  readonly sender: CallSender
  readonly desk: Pick<EvidenceDesk, 'held'>
  readonly accepted: AcceptedEvidence
  readonly pool: Pick<Mempool, 'all'>
  readonly epoch: () => EpochContext
  /** Of the latest final block. */
  readonly words: () => WordReader
  readonly tip: () => { readonly height: Height; readonly stateRoot: Hash }
  /** Whether that block is as new as anybody's, as far as is known. */
  readonly isLevel: () => boolean
}

export class Steward {
  readonly #ports: StewardPorts
  readonly #missedViews: MissedViews
  /** By purpose, of what is owed now: since when, in monotonic milliseconds. */
  #noticed = new Map<string, number>()
  #cancelWaking: (() => void) | null = null
  #calls = 0

  constructor(ports: StewardPorts) {
    this.#ports = ports
    this.#missedViews = new MissedViews(ports.governance)
  }

  /** `context`: of the epoch that the block belongs to. */
  onFinal(final: FinalBlock, context: EpochContext): void {
    const { validators } = context
    const leader = leaderOf(context)
    this.#missedViews.onFinal(final.block.header, (view) => validators.at(leader(view))?.address)
    this.#missedViews.keepOnly(validators.members.map(({ address }) => address))
    this.#ports.sender.onFinal(final)
  }

  beat(): void {
    this.#ports.sender.repeat()
    this.act()
  }

  /** For an operator, whose vote keeps the node from voting by itself; one that comes after the node's replaces it. */
  call(data: Uint8Array, done: (verdict: IntakeVerdict) => void): void {
    const { sender } = this.#ports
    const proposal = proposalVotedOnBy(data)
    this.#calls += 1
    const isFirstVote = proposal !== undefined && !sender.isBusyWith(voteOn(proposal))
    sender.send(isFirstVote ? voteOn(proposal) : `call ${this.#calls}`, data, done)
  }

  /** What is owed and due. */
  act(): void {
    const { clock, sender } = this.#ports
    const nowMs = clock.monotonicMs()
    const noticed = new Map<string, number>()
    let nextMs = Number.POSITIVE_INFINITY
    for (const duty of this.#duties()) {
      const sinceMs = this.#noticed.get(duty.purpose) ?? nowMs
      noticed.set(duty.purpose, sinceMs)
      const dueAtMs = this.#dueAtMs(duty, sinceMs, nowMs)
      if (dueAtMs - nowMs >= TIMER_MS) nextMs = Math.min(nextMs, dueAtMs)
      else sender.send(duty.purpose, duty.data)
    }
    this.#noticed = noticed
    this.#wakeAt(nextMs)
  }

  stop(): void {
    this.#wakeAt(Number.POSITIVE_INFINITY)
  }

  #duties(): readonly Duty[] {
    const { sender, words, rules, governance, tip, desk, accepted, isLevel } = this.#ports
    if (!isLevel()) return []
    const state = words()
    const self = readRecordOfSigner(state, sender.address)
    if (self === undefined) return []
    return dutiesOf(self, {
      words: state,
      rules,
      governance,
      tip: tip(),
      held: desk.held,
      missedViews: this.#missedViews,
      isProven: (id, culprit) => accepted.isProven(state, id, culprit),
    })
  }

  #dueAtMs({ likeness }: Duty, sinceMs: number, nowMs: number): number {
    if (likeness === null) return sinceMs
    const { validators, self } = this.#ports.epoch()
    const turnMs = sinceMs + TURN_MS * (self?.index ?? validators.n)
    const isPooled = turnMs - nowMs < TIMER_MS && this.#isPooled(likeness)
    return isPooled ? turnMs + PATIENCE_MS : turnMs
  }

  #isPooled(likeness: Uint8Array): boolean {
    return this.#ports.pool
      .all()
      .some(({ to, data }) => to === SYSTEM_ADDRESS && bytesEqual(data.subarray(0, likeness.length), likeness))
  }

  #wakeAt(atMs: number): void {
    this.#cancelWaking?.()
    this.#cancelWaking = atMs === Number.POSITIVE_INFINITY ? null : this.#ports.schedule(atMs, () => this.act())
  }
}
