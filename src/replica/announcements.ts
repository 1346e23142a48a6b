/**
 * Tells observers of final blocks (docs/network.md, "What travels how"). A block's proposer does
 * it, and only so often: one announcement stands for all blocks before it, those of other
 * proposers too. Each costs a network of four some 4 ms of CPU.
 */

import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { decodeWith } from '../codec/decode.ts'
import { asTuple } from '../codec/fields.ts'
import { encodeRlp } from '../codec/rlp.ts'
import { hashHeader } from '../crypto/digests.ts'
import type { FinalBlock } from '../types/final-block.ts'
import { finalityItem, readFinality } from '../types/finality.ts'
import { headerItem, readHeader } from '../types/header.ts'
import type { Address, Height } from '../types/ids.ts'
import type { EpochValidators } from '../validation/epoch-validators.ts'

const ANNOUNCE_EVERY_MS = 250

export interface AnnouncementPorts {
  readonly publish: (data: Uint8Array) => void
  readonly schedule: (atMs: number, callback: () => void) => () => void
  readonly nowMs: () => number
  readonly validators: EpochValidators
}

export class Announcements {
  readonly #ports: AnnouncementPorts
  readonly #self: Address | null
  #latest: FinalBlock | null = null
  #cancel: (() => void) | null = null
  /** What was announced up to there is no news: anybody can say it again, of every block of the past. */
  #announced: Height

  /** `tip`: where this node was before. */
  constructor(self: Address | null, tip: Height, ports: AnnouncementPorts) {
    this.#self = self
    this.#announced = tip
    this.#ports = ports
  }

  onFinal(final: FinalBlock): void {
    if (final.finality === null || final.block.header.miner !== this.#self) return
    this.#latest = final
    this.#cancel ??= this.#ports.schedule(this.#ports.nowMs() + ANNOUNCE_EVERY_MS, () => this.#announce())
  }

  stop(): void {
    this.#cancel?.()
  }

  /** What waits is announced now: the epoch is over, and so are those who can judge it. */
  flush(): void {
    if (this.#latest !== null) this.#announce()
  }

  /** The announced height, if it is news and its certificate holds. What it stands for need not be announced again. */
  judge(data: Uint8Array): Result<Height, Rejection> {
    const decoded = decodeWith(data, (item) => {
      const [header, finality] = asTuple(item, 2, 'announcement')
      return { header: readHeader(header), finality: readFinality(finality) }
    })
    if (!decoded.ok) return decoded
    const { header, finality } = decoded.value
    if (header.height <= this.#announced) return err(rejection('announcedBefore', 'no news', 'ignore'))
    const judged = this.#ports.validators.finality.finality(hashHeader(header), header, finality)
    if (!judged.ok) return judged
    this.#announced = header.height
    if (this.#latest !== null && this.#latest.block.header.height <= header.height) this.#forget()
    return ok(header.height)
  }

  #forget(): void {
    this.#latest = null
    this.#cancel?.()
    this.#cancel = null
  }

  #announce(): void {
    const latest = this.#latest
    this.#forget()
    if (latest === null || latest.finality === null) return
    const { block, finality } = latest
    this.#announced = Math.max(this.#announced, block.header.height)
    this.#ports.publish(encodeRlp([headerItem(block.header), finalityItem(finality)]))
  }
}
