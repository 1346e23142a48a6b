/**
 * Evidence on its way to the chain. All of it is judged here before it is kept, told of or passed
 * on, whoever found it. It is gossiped at once and again and again, so that it outlives the one who
 * found it: nothing of this is written to disk.
 *
 * BOUND: eight offences a validator, and only of validators that are still to be punished.
 */
import { isPlanted } from '../../base/planted-bug.ts'
import type { SignatureVerifier } from '../../crypto/signature-verifier.ts'
import type { JudgedEpoch } from '../../ledger/evidence/bad-header.ts'
import { type Judgement, judgeEvidence } from '../../ledger/evidence/judge-evidence.ts'
import type { GossipVerdict } from '../../network/port.ts'
import { decodeEvidence, type Evidence, encodeEvidence, inOrder } from '../../types/evidence.ts'
import type { Address, Epoch, Hash } from '../../types/ids.ts'

export interface HeldEvidence extends Judgement {
  readonly evidence: Evidence
  readonly bytes: Uint8Array
  readonly heldSinceMs: number
}

export interface DeskPorts {
  readonly genesisHash: Hash
  readonly verifier: SignatureVerifier
  /** Undefined for an epoch that cannot be judged here. */
  readonly judgedEpoch: (epoch: Epoch) => JudgedEpoch | undefined
  /** Whether nothing more can happen to this validator for what it did in this epoch. */
  readonly isSettled: (culprit: Address, epoch: Epoch) => boolean
  readonly nowMs: () => number
  readonly publish: (bytes: Uint8Array) => void
  /** News, and true. */
  readonly onEvidence: (held: HeldEvidence) => void
}

const OFFENCES_PER_VALIDATOR_MAX = 8
const REPEAT_MS = 10_000

export class EvidenceDesk {
  readonly #ports: DeskPorts
  #repeatAtMs = 0
  readonly #byCulprit = new Map<Address, Map<Hash, HeldEvidence>>()

  constructor(ports: DeskPorts) {
    this.#ports = ports
  }

  /** Found by this node: others are told. */
  file(found: Evidence): void {
    const evidence = inOrder(found)
    const bytes = encodeEvidence(evidence)
    if (this.#take(evidence, bytes) === 'accept') this.#ports.publish(bytes)
  }

  /** From others. What is no news is not passed on. */
  receive(bytes: Uint8Array): GossipVerdict {
    const decoded = decodeEvidence(bytes)
    return decoded.ok ? this.#take(decoded.value, bytes) : decoded.error.verdict
  }

  /** Oldest first within a validator. */
  get held(): readonly HeldEvidence[] {
    return [...this.#byCulprit.values()].flatMap((offences) => [...offences.values()])
  }

  /** Whoever was down when it was told hears it now. */
  repeat(nowMs: number): void {
    if (nowMs < this.#repeatAtMs) return
    this.#repeatAtMs = nowMs + REPEAT_MS
    for (const { bytes } of this.held) this.#ports.publish(bytes)
  }

  /** The state has moved on. */
  forgetSettled(): void {
    for (const [culprit, offences] of this.#byCulprit) {
      for (const [id, { epoch }] of offences) if (this.#ports.isSettled(culprit, epoch)) offences.delete(id)
      if (offences.size === 0) this.#byCulprit.delete(culprit)
    }
  }

  #take(evidence: Evidence, bytes: Uint8Array): GossipVerdict {
    const { nowMs, isSettled, onEvidence, genesisHash, verifier, judgedEpoch } = this.#ports
    const judged = judgeEvidence(evidence, { genesisHash, verifier, epoch: judgedEpoch })
    if (!judged.ok) return judged.error.verdict
    const { culprit, epoch, id } = judged.value
    const offences = this.#byCulprit.get(culprit) ?? new Map<Hash, HeldEvidence>()
    const isKnown = offences.has(id) && !(__CANARIES__ && isPlanted('evidence-held-twice'))
    if (isKnown || offences.size >= OFFENCES_PER_VALIDATOR_MAX || isSettled(culprit, epoch)) return 'ignore'
    const held = { ...judged.value, evidence, bytes: bytes.slice(), heldSinceMs: nowMs() }
    offences.set(id, held)
    this.#byCulprit.set(culprit, offences)
    onEvidence(held)
    return 'accept'
  }
}
