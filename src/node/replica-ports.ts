/** The world of a replica in production: clocks, timers, sockets and worker threads behind its ports. */
import type { Logger } from '../base/logger.ts'
import { addressOfPublicKey, type Recoverer, type RecoverItem } from '../crypto/secp256k1.ts'
import type { Network } from '../network/port.ts'
import type { Clock, ReplicaNetwork, ReplicaPorts } from '../replica/ports.ts'
import type { Address } from '../types/ids.ts'
import type { CryptoPool } from './crypto/crypto-pool.ts'

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
}

export const scheduleOnSystem: ReplicaPorts['schedule'] = (atMs, callback) => {
  const timer = setTimeout(callback, Math.max(0, atMs - performance.now()))
  return () => clearTimeout(timer)
}

export function replicaNetwork(network: Network, onError: (error: unknown) => void): ReplicaNetwork {
  return {
    sendDirect: (to, message) => network.sendDirect(to, message),
    publish: (topic, data) => network.publish(topic, data),
    request: (to, request, options, done) => {
      network.request(to, request, options).then(done).catch(onError)
    },
    connectedPeers: () => network.connectedPeers(),
    penalise: (peer, points, reason) => network.penalise(peer, points, reason),
  }
}

/** In worker threads; on this one only while the workers have too much to do. */
export function recoverInPool(
  pool: CryptoPool,
  recoverer: Recoverer,
  logger: Logger,
  onError: (error: unknown) => void,
): ReplicaPorts['recover'] {
  return (items, done) => {
    pool
      .recoverAddresses(items)
      .catch((error: unknown) => {
        logger.debug('signatures are checked on the main thread', { reason: String(error) })
        return items.map((item) => recoverHere(recoverer, item))
      })
      .then(done)
      .catch(onError)
  }
}

export function recoverHere(recoverer: Recoverer, { digest, signature, yParity }: RecoverItem): Address | undefined {
  const key = recoverer.recover(digest, signature, yParity)
  return key === undefined ? undefined : addressOfPublicKey(key)
}
