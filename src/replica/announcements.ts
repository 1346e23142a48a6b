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
import { commitCertificateItem, readCommitCertificate } from '../types/certificate-codec.ts'
import type { FinalBlock } from '../types/final-block.ts'
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

  constructor(self: Address | null, ports: AnnouncementPorts) {
    this.#self = self
    this.#ports = ports
  }

  onFinal(final: FinalBlock): void {
    if (final.certificate === null || final.block.header.miner !== this.#self) return
    this.#latest = final
    this.#cancel ??= this.#ports.schedule(this.#ports.nowMs() + ANNOUNCE_EVERY_MS, () => this.#announce())
  }

  stop(): void {
    this.#cancel?.()
  }

  /** The announced height, if its certificate holds. What it stands for need not be announced again. */
  judge(data: Uint8Array): Result<Height, Rejection> {
    const decoded = decodeWith(data, (item) => {
      const [header, certificate] = asTuple(item, 2, 'announcement')
      return { header: readHeader(header), certificate: readCommitCertificate(certificate) }
    })
    if (!decoded.ok) return decoded
    const { header, certificate } = decoded.value
    if (certificate.blockHash !== hashHeader(header))
      return err(rejection('badAnnouncement', 'an announcement with the certificate of another block'))
    const judged = this.#ports.validators.certificates.commitCertificate(certificate)
    if (!judged.ok) return judged
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
    if (latest === null || latest.certificate === null) return
    const { block, certificate } = latest
    this.#ports.publish(encodeRlp([headerItem(block.header), commitCertificateItem(certificate)]))
  }
}
