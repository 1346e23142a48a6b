/** The direct streams to the other validators, by index in the set, and what came over them last. */
import { BoundedMap } from '../base/bounded.ts'
import { type DirectMessage, type Divergence, encodeDirect, type Status } from '../network/messages.ts'
import type { PeerId } from '../network/port.ts'
import { VALIDATORS_MAX } from '../types/limits.ts'
import type { ReplicaNetwork } from './ports.ts'

export interface LinkState {
  /** Unsigned, so only ever shown. */
  readonly status: Status | null
  /** What it said of itself, until it says where it is. */
  readonly divergence: Divergence | null
  /** Monotonic milliseconds; null = never. */
  readonly heardAtMs: number | null
  readonly connected: boolean
}

/** Whom an epoch's statements go to. */
export interface LinkedValidators {
  /** By index in the set; null where no address is known. */
  readonly peers: readonly (PeerId | null)[]
  /** Null for an observer. */
  readonly self: { readonly index: number } | null
}

/** BOUND: direct streams run between validators, of this epoch and of those around it. */
const STATES_MAX = 2 * VALIDATORS_MAX
const NEVER_HEARD: LinkState = { status: null, divergence: null, heardAtMs: null, connected: false }

export class ValidatorLinks {
  readonly #network: ReplicaNetwork
  readonly #states = new BoundedMap<PeerId, LinkState>(STATES_MAX)
  #peers: readonly (PeerId | null)[]
  #self: number | null

  constructor(network: ReplicaNetwork, { peers, self }: LinkedValidators) {
    this.#network = network
    this.#peers = peers
    this.#self = self?.index ?? null
  }

  /** What came over streams that go on is remembered. */
  enterEpoch({ peers, self }: LinkedValidators): void {
    this.#peers = peers
    this.#self = self?.index ?? null
  }

  get isValidator(): boolean {
    return this.#self !== null
  }

  /** The other validators. */
  get others(): readonly PeerId[] {
    return this.#peers.flatMap((peer, index) => (peer === null || index === this.#self ? [] : [peer]))
  }

  peerOf(validator: number): PeerId | undefined {
    return validator === this.#self ? undefined : (this.#peers[validator] ?? undefined)
  }

  stateOf(validator: number): LinkState {
    const peer = this.peerOf(validator)
    return peer === undefined ? NEVER_HEARD : (this.#states.get(peer) ?? NEVER_HEARD)
  }

  /** A message to one validator, or to all others; encoded once. */
  send(to: number | 'all', message: DirectMessage): void {
    const bytes = encodeDirect(message)
    for (const [index, peer] of this.#peers.entries())
      if (peer !== null && index !== this.#self && (to === 'all' || to === index)) this.#network.sendDirect(peer, bytes)
  }

  sendTo(peer: PeerId, message: DirectMessage): void {
    this.#network.sendDirect(peer, encodeDirect(message))
  }

  note(peer: PeerId, change: Partial<LinkState>): void {
    this.#states.set(peer, { ...(this.#states.get(peer) ?? NEVER_HEARD), ...change })
  }

  /** Validators with a standing stream, this one included. */
  get reachable(): number {
    let reachable = this.#self === null ? 0 : 1
    for (const peer of this.others) if (this.#states.get(peer)?.connected === true) reachable += 1
    return reachable
  }
}
