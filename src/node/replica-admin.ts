/** What only the operator of a node may ask of it. */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { parsePeerId } from '../network/libp2p/network-key.ts'
import type { Network } from '../network/port.ts'
import { decodeRequest, type Request } from '../network/requests.ts'
import type { Replica } from '../replica/replica.ts'
import type { Hash, Height } from '../types/ids.ts'
import type { Refusal } from './exit-codes.ts'
import type { KeyRing } from './keys/key-ring.ts'
import type { AdminApi, ConnectedPeer, NextKey, NodeInfo } from './node-api.ts'
import type { PeerBook } from './peer-book.ts'
import type { ReplicaApi } from './replica-api.ts'

export interface ReplicaAdminParts {
  readonly api: ReplicaApi
  readonly network: Network
  readonly peers: PeerBook
  readonly replica: Pick<Replica, 'answer' | 'call' | 'drop' | 'isStopped' | 'speaker'>
  readonly keyRing: Pick<KeyRing, 'next'>
  /** Height of the chain on disk when the node was started. */
  readonly startHeight: Height
  /** Monotonic. */
  readonly nowMs: () => number
}

/** What a snapshot consists of. */
const SNAPSHOT_KINDS: readonly Request['kind'][] = ['snapshot', 'setLinks', 'stateChunk', 'code']

export class ReplicaAdmin implements AdminApi {
  readonly #parts: ReplicaAdminParts
  readonly #startedAtMs: number

  constructor(parts: ReplicaAdminParts) {
    this.#parts = parts
    this.#startedAtMs = parts.nowMs()
  }

  nodeInfo(): NodeInfo {
    const { api, network, replica, startHeight, nowMs } = this.#parts
    const { role } = api.status()
    return {
      clientVersion: api.clientVersion,
      chainId: api.chainId,
      genesisHash: api.genesisHash,
      peerId: network.peerId,
      role,
      address: replica.speaker,
      pid: process.pid,
      upMs: Math.round(nowMs() - this.#startedAtMs),
      startHeight,
    }
  }

  peers(): readonly ConnectedPeer[] {
    const { network, peers } = this.#parts
    return network.connectedPeers().map((peerId) => {
      const known = peers.known(peerId)
      return { peerId, addresses: known?.addresses ?? [], validator: known?.validator ?? false }
    })
  }

  addPeer(address: string): Result<string, Rejection> {
    return this.#parts.peers.add(address)
  }

  removePeer(peer: string): Result<boolean, Rejection> {
    const peerId = parsePeerId(peer)
    return peerId === undefined
      ? err(rejection('badPeer', `"${peer}" is no peer id`))
      : ok(this.#parts.peers.remove(peerId))
  }

  nextKey(): Promise<Result<NextKey, Refusal>> {
    const { keyRing, replica } = this.#parts
    return keyRing.next(replica.speaker)
  }

  validatorCall(data: Uint8Array): Promise<Result<Hash, Rejection>> {
    return new Promise((resolve) => this.#parts.replica.call(data, resolve))
  }

  snapshotPart(request: Uint8Array): Result<Uint8Array | null, Rejection> {
    const decoded = decodeRequest(request)
    if (!decoded.ok) return decoded
    const { kind } = decoded.value
    if (!SNAPSHOT_KINDS.includes(kind)) return err(rejection('noSnapshotPart', `"${kind}" is no part of a snapshot`))
    const { replica, network } = this.#parts
    if (replica.isStopped)
      return err(rejection('stopped', 'this node has stopped: when its process has ended, export from its directory'))
    return ok(replica.answer(network.peerId, request) ?? null)
  }

  dropTransaction(hash: Hash): boolean {
    return this.#parts.replica.drop(hash)
  }
}
