/** What only the operator of a node may ask of it. */
import { type Rejection, rejection } from '../base/rejection.ts'
import { err, ok, type Result } from '../base/result.ts'
import { addressOfPublicKey, type Signer } from '../crypto/secp256k1.ts'
import { signTransaction } from '../crypto/transaction-codec.ts'
import { SYSTEM_ADDRESS } from '../ledger/system/system-account.ts'
import { parsePeerId } from '../network/libp2p/network-key.ts'
import type { Network } from '../network/port.ts'
import type { Hash, Height } from '../types/ids.ts'
import type { AdminApi, ConnectedPeer, NodeInfo } from './node-api.ts'
import type { PeerBook } from './peer-book.ts'
import type { ReplicaApi } from './replica-api.ts'

export interface ReplicaAdminParts {
  readonly api: ReplicaApi
  readonly network: Network
  readonly peers: PeerBook
  /** Of the consensus key; null for a node without one. */
  readonly signer: Signer | null
  /** Height of the chain on disk when the node was started. */
  readonly startHeight: Height
  /** Monotonic. */
  readonly nowMs: () => number
}

/** Far above what any call of the module needs; what is not used costs nothing. */
const CALL_GAS = 2_000_000

export class ReplicaAdmin implements AdminApi {
  readonly #parts: ReplicaAdminParts
  readonly #startedAtMs: number
  /** Each call takes the nonce behind the one before it. */
  #lastCall: Promise<unknown> = Promise.resolve()

  constructor(parts: ReplicaAdminParts) {
    this.#parts = parts
    this.#startedAtMs = parts.nowMs()
  }

  nodeInfo(): NodeInfo {
    const { api, network, signer, startHeight, nowMs } = this.#parts
    const { role } = api.status()
    return {
      clientVersion: api.clientVersion,
      chainId: api.chainId,
      genesisHash: api.genesisHash,
      peerId: network.peerId,
      role,
      address: signer === null ? null : addressOfPublicKey(signer.publicKey),
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

  validatorCall(data: Uint8Array): Promise<Result<Hash, Rejection>> {
    const call = this.#lastCall.then(() => this.#signAndSubmit(data))
    this.#lastCall = call.catch(() => undefined)
    return call
  }

  dropTransaction(hash: Hash): boolean {
    return this.#parts.api.dropTransaction(hash)
  }

  /** Free of fee where the sender may call the module at all (docs/ledger.md). */
  async #signAndSubmit(data: Uint8Array): Promise<Result<Hash, Rejection>> {
    const { api, signer } = this.#parts
    if (signer === null) return err(rejection('noKey', 'this node signs nothing: it has no consensus key'))
    const address = addressOfPublicKey(signer.publicKey)
    const fields = {
      type: 2,
      chainId: api.chainId,
      nonce: api.pendingNonce(address),
      gasLimit: CALL_GAS,
      to: SYSTEM_ADDRESS,
      value: 0n,
      data,
      accessList: [],
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
    } as const
    return await api.submitTransaction(signTransaction(fields, signer))
  }
}
