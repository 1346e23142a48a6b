/** The direct streams to the other validators, by index in the set, and what came over them last. */
import { BoundedMap } from '../base/bounded.ts'
import { type DirectMessage, encodeDirect, type Status } from '../network/messages.ts'
import type { PeerId } from '../network/port.ts'
import type { ReplicaNetwork } from './ports.ts'

export interface LinkState {
  /** Unsigned, so only ever shown. */
  readonly status: Status | null
  /** Monotonic milliseconds; null = never. */
  readonly heardAtMs: number | null
  readonly connected: boolean
}

const NEVER_HEARD: LinkState = { status: null, heardAtMs: null, connected: false }

export class ValidatorLinks {
  readonly #network: ReplicaNetwork
  readonly #peers: readonly PeerId[]
  readonly #self: number | null
  readonly #states: BoundedMap<PeerId, LinkState>

  constructor(network: ReplicaNetwork, peers: readonly PeerId[], self: number | null) {
    this.#network = network
    this.#peers = peers
    this.#self = self
    this.#states = new BoundedMap(peers.length)
  }

  /** The other validators. */
  get others(): readonly PeerId[] {
    return this.#peers.filter((_, index) => index !== this.#self)
  }

  peerOf(validator: number): PeerId | undefined {
    return validator === this.#self ? undefined : this.#peers[validator]
  }

  stateOf(validator: number): LinkState {
    const peer = this.peerOf(validator)
    return peer === undefined ? NEVER_HEARD : (this.#states.get(peer) ?? NEVER_HEARD)
  }

  /** A message to one validator, or to all others; encoded once. */
  send(to: number | 'all', message: DirectMessage): void {
    const bytes = encodeDirect(message)
    for (const [index, peer] of this.#peers.entries())
      if (index !== this.#self && (to === 'all' || to === index)) this.#network.sendDirect(peer, bytes)
  }

  sendTo(peer: PeerId, message: DirectMessage): void {
    this.#network.sendDirect(peer, encodeDirect(message))
  }

  note(peer: PeerId, change: Partial<LinkState>): void {
    if (this.#peers.includes(peer)) this.#states.set(peer, { ...(this.#states.get(peer) ?? NEVER_HEARD), ...change })
  }

  /** Validators with a standing stream, this one included. */
  get reachable(): number {
    let reachable = this.#self === null ? 0 : 1
    for (const { connected } of this.#states.values()) if (connected) reachable += 1
    return reachable
  }
}
