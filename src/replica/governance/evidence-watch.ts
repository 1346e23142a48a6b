/** Watches what validators of one epoch say, and files what proves an offence. */

import type { Event } from '../../consensus/events.ts'
import { EvidenceDetector } from '../../consensus/evidence-detector.ts'
import { isBadHeader, type JudgedEpoch } from '../../ledger/evidence/bad-header.ts'
import type { Proposal } from '../../types/block.ts'
import type { Timeout } from '../../types/certificate.ts'
import type { Evidence } from '../../types/evidence.ts'
import type { Epoch, View } from '../../types/ids.ts'
import type { Verified } from '../../types/verified.ts'
import type { EvidenceDesk } from './evidence-desk.ts'

export class EvidenceWatch {
  readonly #epoch: Epoch
  readonly #judged: JudgedEpoch
  readonly #detector: EvidenceDetector
  readonly #desk: EvidenceDesk

  constructor(epoch: Epoch, judged: JudgedEpoch, leaderOf: (view: View) => number, desk: EvidenceDesk) {
    this.#epoch = epoch
    this.#judged = judged
    this.#detector = new EvidenceDetector(leaderOf)
    this.#desk = desk
  }

  /** `view` is the core's, after it has taken the event. */
  observe(event: Event, view: View): void {
    this.#file(this.#detector.observe(event, view))
  }

  /** A proposal that is not valid may prove why: its leader is to blame, and so is whoever has voted for it. */
  observeRefusedProposal({ block, signature }: Proposal): void {
    const { hash, header } = block
    if (header.consensus.epoch !== this.#epoch || !isBadHeader(header, this.#judged)) return
    this.#desk.file({ kind: 'badHeader', header, signature })
    this.#file(this.#detector.observeBadHeader(hash, header))
  }

  /** The message was refused for what it carries. */
  observeRefusedTimeout(timeout: Verified<Timeout>): void {
    this.#file(this.#detector.observeTimeout(timeout))
  }

  #file(found: readonly Evidence[]): void {
    for (const evidence of found) this.#desk.file(evidence)
  }
}
