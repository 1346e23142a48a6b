/**
 * Keeps a connection to every known peer, for ever: a failed or lost one is dialled again after a
 * jittered delay that doubles up to its maximum. Names in addresses are resolved by each dial anew. Of several
 * addresses each dial takes the next: libp2p tries them one after another, and one that swallows all it is sent
 * would use up the time of all.
 */
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Logger } from '../../base/logger.ts'
import type { NetworkLimits } from '../limits.ts'
import type { PeerId } from '../port.ts'
import { crash } from './crash.ts'

/** A connection that lived for that long was a good one: the next delay starts from the minimum. */
const GOOD_CONNECTION_MS = 5_000

export interface DialerPorts {
  readonly limits: NetworkLimits
  readonly logger: Logger
  dial(address: Multiaddr, signal: AbortSignal): Promise<unknown>
  isConnected(peer: PeerId): boolean
}

interface Target {
  addresses: readonly Multiaddr[]
  dials: number
  delayMs: number
  timer: NodeJS.Timeout | undefined
  dialling: boolean
  connectedAtMs: number
}

export class Dialer {
  readonly #ports: DialerPorts
  readonly #targets = new Map<PeerId, Target>()
  /** Under way. Each has its own controller: a signal made of others (AbortSignal.any) is never let go by one that lives on, 2 KiB a dial on Node 20. */
  readonly #dials = new Set<AbortController>()

  constructor(ports: DialerPorts) {
    this.#ports = ports
  }

  setTargets(targets: ReadonlyMap<PeerId, readonly Multiaddr[]>): void {
    for (const [peer, target] of this.#targets) {
      if (targets.has(peer)) continue
      clearTimeout(target.timer)
      this.#targets.delete(peer)
    }
    for (const [peer, addresses] of targets) {
      const target = this.#targets.get(peer)
      if (target === undefined) this.#add(peer, addresses)
      else target.addresses = addresses
    }
  }

  connected(peer: PeerId): void {
    const target = this.#targets.get(peer)
    if (target !== undefined) target.connectedAtMs = performance.now()
  }

  disconnected(peer: PeerId): void {
    const target = this.#targets.get(peer)
    if (target === undefined) return
    if (performance.now() - target.connectedAtMs >= GOOD_CONNECTION_MS)
      target.delayMs = this.#ports.limits.redialDelayMsMin
    this.#schedule(peer, target)
  }

  /** Nothing is lost for good: a target without connection, attempt or timer gets its attempt. */
  tick(): void {
    for (const [peer, target] of this.#targets) {
      if (target.timer === undefined) this.#attempt(peer, target).catch(crash)
    }
  }

  stop(): void {
    for (const dial of this.#dials) dial.abort()
    for (const target of this.#targets.values()) clearTimeout(target.timer)
    this.#targets.clear()
  }

  #add(peer: PeerId, addresses: readonly Multiaddr[]): void {
    const delayMs = this.#ports.limits.redialDelayMsMin
    const target: Target = { addresses, dials: 0, delayMs, timer: undefined, dialling: false, connectedAtMs: 0 }
    this.#targets.set(peer, target)
    this.#attempt(peer, target).catch(crash)
  }

  #schedule(peer: PeerId, target: Target): void {
    clearTimeout(target.timer)
    const jitteredMs = target.delayMs * (0.5 + Math.random() / 2)
    target.delayMs = Math.min(2 * target.delayMs, this.#ports.limits.redialDelayMsMax)
    target.timer = setTimeout(() => {
      target.timer = undefined
      this.#attempt(peer, target).catch(crash)
    }, jitteredMs)
  }

  async #attempt(peer: PeerId, target: Target): Promise<void> {
    const { logger } = this.#ports
    const isCurrent = (): boolean => this.#targets.get(peer) === target
    const address = target.addresses[target.dials % Math.max(1, target.addresses.length)]
    if (!isCurrent() || target.dialling || address === undefined || this.#ports.isConnected(peer)) return
    target.dialling = true
    target.dials += 1
    try {
      await this.#dial(address)
    } catch (error) {
      logger.debug('dial failed', { peer, address: address.toString(), error: String(error) })
    } finally {
      target.dialling = false
    }
    if (isCurrent() && !this.#ports.isConnected(peer)) this.#schedule(peer, target)
  }

  async #dial(address: Multiaddr): Promise<void> {
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(), this.#ports.limits.openTimeoutMs)
    this.#dials.add(controller)
    try {
      await this.#ports.dial(address, controller.signal)
    } finally {
      clearTimeout(timer)
      this.#dials.delete(controller)
    }
  }
}
