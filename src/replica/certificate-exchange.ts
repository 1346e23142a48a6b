/** Gives our highest certificates to whoever lags, at a bounded rate. */
import type { Core } from '../consensus/core.ts'
import type { PeerId } from '../network/port.ts'
import type { CertificateBundle } from '../types/consensus-message.ts'
import type { Epoch } from '../types/ids.ts'
import { AnswerRate } from './answer-rate.ts'
import type { ValidatorLinks } from './validator-links.ts'

/** At most one answer a peer in this time. */
const ANSWER_EVERY_MS = 200

export class CertificateExchange {
  readonly #core: Core
  readonly #epoch: Epoch
  readonly #links: ValidatorLinks
  readonly #rate: AnswerRate

  constructor(core: Core, epoch: Epoch, links: ValidatorLinks, nowMs: () => number) {
    this.#core = core
    this.#epoch = epoch
    this.#links = links
    this.#rate = new AnswerRate(ANSWER_EVERY_MS, nowMs)
  }

  bundle(): CertificateBundle {
    return highestCertificates(this.#core, this.#epoch)
  }

  /** At once: a certificate was formed that others wait for. */
  push(): void {
    this.#links.send('all', { kind: 'certificates', bundle: this.bundle() })
  }

  /** Before a halt: whoever believes the other side of a contradiction has to learn of this one. */
  pushFinality(): void {
    const bundle = { ...this.bundle(), commitCertificate: this.#core.tipCertificate }
    this.#links.send('all', { kind: 'certificates', bundle })
  }

  /** A peer asked, or showed that it lags. */
  answer(peer: PeerId): void {
    if (this.#rate.take(peer)) this.#links.sendTo(peer, { kind: 'certificates', bundle: this.bundle() })
  }
}

/** The TC goes along only while it says more than the QC. */
export function highestCertificates({ highQc, highTc, highCommit }: Core, epoch: Epoch): CertificateBundle {
  const tc = highTc !== null && highTc.view > highQc.view ? highTc : null
  return { epoch, highQc, tc, commitCertificate: highCommit }
}
