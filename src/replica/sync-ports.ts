/** What fetching needs of the world, whoever fetches. */
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import type { PeerId } from '../network/port.ts'
import { FAULT_POINTS } from './penalty.ts'
import type { ReplicaNetwork, ReplicaPorts } from './ports.ts'
import type { ValidatorLinks } from './validator-links.ts'

const RESPONSE_BYTES_MAX = 4 * 1024 * 1024

/** Nothing comes back any more once it is over. */
export function syncPorts(ports: Pick<ReplicaPorts, 'network' | 'clock' | 'schedule'>, isOver: () => boolean) {
  const { network, clock, schedule } = ports
  return {
    request: (
      peer: PeerId,
      body: Uint8Array,
      timeoutMs: number,
      done: (response: Result<Uint8Array, Rejection>) => void,
    ): void =>
      network.request(peer, body, { timeoutMs, responseBytesMax: RESPONSE_BYTES_MAX }, (response) => {
        if (!isOver()) done(response)
      }),
    later: (delayMs: number, callback: () => void): void => {
      schedule(clock.monotonicMs() + delayMs, () => {
        if (!isOver()) callback()
      })
    },
    penalise: (peer: PeerId, reason: string): void => network.penalise(peer, FAULT_POINTS, reason),
  }
}

/** Signers hold the block durably; after them anybody. */
export function holdersOf(
  signers: readonly number[],
  links: ValidatorLinks,
  network: Pick<ReplicaNetwork, 'connectedPeers'>,
): readonly PeerId[] {
  const holders = signers.flatMap((signer) => links.peerOf(signer) ?? [])
  const connected = network.connectedPeers()
  const reachable = holders.filter((peer) => connected.includes(peer))
  return [...reachable, ...connected.filter((peer) => !reachable.includes(peer))]
}
