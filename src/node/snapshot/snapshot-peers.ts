/** Whom a newcomer asks for a snapshot: who is idle, who rests after a failure, who lied. */
import type { Rejection } from '../../base/rejection.ts'
import type { Result } from '../../base/result.ts'
import type { Network, PeerId, RequestFailure } from '../../network/port.ts'
import { encodeRequest, type Request } from '../../network/requests.ts'

export type AskedNetwork = Pick<Network, 'request' | 'connectedPeers' | 'penalise'>

export interface PeerTimes {
  readonly requestTimeoutMs: number
  /** After a first failure; each further one in a row doubles it. */
  readonly restMs: number
  readonly restMsMax: number
  /** After which nobody having answered is the end. */
  readonly patienceMs: number
}

export type Answer = Result<Uint8Array, Rejection<RequestFailure>>

const IN_FLIGHT_PER_PEER_MAX = 2
const RESPONSE_BYTES_MAX = 4 * 1024 * 1024
/** What bans a peer at once. */
const LIE_POINTS = 100
const POLL_MS = 25
/** Who refuses has more to do than it wants to: it is asked again soon, and none the worse. */
const BUSY_REST_MS = 100

interface PeerRecord {
  inFlight: number
  failures: number
  /** Of the last answer; 0 before the first. */
  msPerByte: number
  restsUntilMs: number
  isExcluded: boolean
}

const NEW_PEER: PeerRecord = { inFlight: 0, failures: 0, msPerByte: 0, restsUntilMs: 0, isExcluded: false }

export class SnapshotPeers {
  readonly #network: AskedNetwork
  readonly #times: PeerTimes
  readonly #records = new Map<PeerId, PeerRecord>()
  readonly #useful = new Set<PeerId>()
  #bytes = 0
  #lastUseMs: number

  constructor(network: AskedNetwork, times: PeerTimes) {
    this.#network = network
    this.#times = times
    this.#lastUseMs = performance.now()
  }

  get connected(): readonly PeerId[] {
    return this.#network.connectedPeers().filter((peer) => !this.isExcluded(peer))
  }

  /** What came of use, and from how many. */
  get tally(): { readonly peers: number; readonly bytes: number } {
    return { peers: this.#useful.size, bytes: this.#bytes }
  }

  /** From here on somebody has to be of use. */
  beginPatience(): void {
    this.#lastUseMs = performance.now()
  }

  /** Of those that are free, the one that failed least and is fastest beside what it has to do; null when patience is over. */
  async askAnybody(request: Request): Promise<{ readonly peer: PeerId; readonly answer: Answer } | null> {
    for (;;) {
      const peer = this.#idlest()
      if (peer !== undefined) return { peer, answer: await this.ask(peer, request) }
      if (performance.now() - this.#lastUseMs > this.#times.patienceMs) return null
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  async ask(peer: PeerId, request: Request): Promise<Answer> {
    const record = this.#of(peer)
    record.inFlight += 1
    const options = { timeoutMs: this.#times.requestTimeoutMs, responseBytesMax: RESPONSE_BYTES_MAX }
    const sentMs = performance.now()
    const answer = await this.#network.request(peer, encodeRequest(request), options)
    record.inFlight -= 1
    if (!answer.ok) this.#rest(record, answer.error.code)
    else if (answer.value.length > 0) record.msPerByte = (performance.now() - sentMs) / answer.value.length
    return answer
  }

  #idlest(): PeerId | undefined {
    const nowMs = performance.now()
    const free = this.connected.filter((peer) => {
      const { inFlight, restsUntilMs } = this.#of(peer)
      return inFlight < IN_FLIGHT_PER_PEER_MAX && restsUntilMs <= nowMs
    })
    return free.toSorted((a, b) => compare(this.#of(a), this.#of(b)))[0]
  }

  /** What the peer said was of use. */
  praise(peer: PeerId, bytes: number): void {
    this.#of(peer).failures = 0
    this.#useful.add(peer)
    this.#bytes += bytes
    this.#lastUseMs = performance.now()
  }

  isExcluded(peer: PeerId): boolean {
    return this.#of(peer).isExcluded
  }

  /** It has not what is asked for, and is asked no more. */
  exclude(peer: PeerId): void {
    this.#of(peer).isExcluded = true
  }

  blame(peer: PeerId, reason: string): void {
    this.exclude(peer)
    this.#network.penalise(peer, LIE_POINTS, reason)
  }

  #rest(record: PeerRecord, code: RequestFailure): void {
    const isBusy = code === 'request-refused' || code === 'too-many-requests'
    const { restMs, restMsMax } = this.#times
    if (!isBusy) record.failures += 1
    const ms = isBusy ? BUSY_REST_MS : Math.min(restMsMax, restMs * 2 ** (record.failures - 1))
    record.restsUntilMs = performance.now() + ms
  }

  #of(peer: PeerId): PeerRecord {
    const known = this.#records.get(peer) ?? { ...NEW_PEER }
    this.#records.set(peer, known)
    return known
  }
}

/** By bytes, not by answers: who proves one entry at a time, or takes its time with each, is left for when nobody else is free. */
function compare(a: PeerRecord, b: PeerRecord): number {
  const wait = ({ inFlight, msPerByte }: PeerRecord): number => (inFlight + 1) * msPerByte
  return a.failures - b.failures || wait(a) - wait(b) || a.inFlight - b.inFlight
}
