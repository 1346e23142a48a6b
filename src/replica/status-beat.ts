/**
 * Once a second, idle or not: a validator tells the others where it is, an observer asks two
 * peers. So does a validator that does not reach a quorum: it may have been removed while it was
 * away, and then its fellows of old keep no streams for it. A status is unsigned, so it is only
 * ever the cause of a question.
 */
import type { Core } from '../consensus/core.ts'
import type { Status } from '../network/messages.ts'
import type { PeerId } from '../network/port.ts'
import { decodeStatus, encodeRequest } from '../network/requests.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import type { ReplicaPorts } from './ports.ts'
import type { ValidatorLinks } from './validator-links.ts'

export interface BeatParts {
  readonly ports: ReplicaPorts
  readonly core: () => Core
  readonly validators: () => ValidatorSet
  readonly links: ValidatorLinks
  readonly onStatus: (from: PeerId, status: Status) => void
  /** What else is done once a second. */
  readonly onBeat: (nowMs: number) => void
}

const BEAT_MS = 1_000
const ASKED_PEERS = 2
const STATUS_BYTES_MAX = 256

export class StatusBeat {
  readonly #parts: BeatParts
  #cancel: (() => void) | null = null
  #beats = 0

  constructor(parts: BeatParts) {
    this.#parts = parts
  }

  start(): void {
    const { ports, links, validators, onBeat } = this.#parts
    const nowMs = ports.clock.monotonicMs()
    if (links.isValidator) links.send('all', { kind: 'status', status: this.status() })
    if (!links.isValidator || links.reachable < validators().quorum) this.#ask()
    onBeat(nowMs)
    this.#beats += 1
    this.#cancel = ports.schedule(nowMs + BEAT_MS, () => this.start())
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }

  status(): Status {
    const { ports, core, validators } = this.#parts
    const { hash, header } = ports.store.tip
    const { view, highQc } = core()
    return { epoch: validators().epoch, view, highQcView: highQc.view, height: header.height, tipHash: hash }
  }

  #ask(): void {
    const { network } = this.#parts.ports
    const connected = network.connectedPeers()
    for (let offset = 0; offset < Math.min(ASKED_PEERS, connected.length); offset++) {
      const peer = connected[(this.#beats + offset) % connected.length]
      if (peer === undefined) return
      const options = { timeoutMs: BEAT_MS, responseBytesMax: STATUS_BYTES_MAX }
      network.request(peer, encodeRequest({ kind: 'status' }), options, (response) => {
        const status = response.ok ? decodeStatus(response.value) : response
        if (status.ok && this.#cancel !== null) this.#parts.onStatus(peer, status.value)
      })
    }
  }
}
