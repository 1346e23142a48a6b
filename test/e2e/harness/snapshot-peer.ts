/** A peer of the real network that serves a snapshot from a file, in small parts, as many as it is told to. */
import { onTestFinished } from 'vitest'
import { defined } from '../../../src/base/invariant.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import type { Result } from '../../../src/base/result.ts'
import { createLibp2pNetwork } from '../../../src/network/libp2p/libp2p-network.ts'
import { decodeRequest, type Request, type StateRequest } from '../../../src/network/requests.ts'
import { SnapshotReader } from '../../../src/node/snapshot/snapshot-file.ts'
import { StateImport } from '../../../src/replica/snapshot/state-import.ts'
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts'
import { StateStore } from '../../../src/storage/state-store.ts'
import { cutPart } from '../../../src/sync/snapshot/cut-state.ts'
import {
  decodeManifest,
  decodeStateRecord,
  encodeLinks,
  encodeManifest,
  encodeStateRecord,
  type SnapshotManifest,
} from '../../../src/sync/snapshot/snapshot-records.ts'
import { hashFromBytes } from '../../../src/types/ids.ts'
import { createMember } from '../../unit/network/libp2p-world.ts'

/** An entry or two. */
const PART_BYTES = 200

export class SnapshotPeer {
  readonly #manifest: SnapshotManifest
  readonly #state: StateStore
  #address = ''
  /** Parts that it still gives; then it is silent. */
  partsLeft = Number.POSITIVE_INFINITY
  /** Of the state. */
  bytesGiven = 0
  isSilent = false

  static async serve(file: string): Promise<SnapshotPeer> {
    const peer = new SnapshotPeer(file)
    await peer.#start()
    return peer
  }

  private constructor(file: string) {
    const reader = new SnapshotReader(file)
    read(reader.checkFirstLine())
    const store = new MemoryStore()
    this.#manifest = read(decodeManifest(defined(read(reader.next()) ?? undefined, 'a manifest')))
    const { height, stateRoot } = this.#manifest.block.header
    const state = new StateImport(store, height, stateRoot)
    for (let record = read(reader.next()); record !== null; record = read(reader.next()))
      read(state.take(0, read(decodeStateRecord(record))))
    reader.close()
    this.#state = new StateStore(store)
  }

  get address(): string {
    return this.#address
  }

  /** What a newcomer has to be given that divides the accounts like this. */
  bytesOfState(lanes: number): number {
    const { height, stateRoot } = this.#manifest.block.header
    const state = new StateImport(new MemoryStore(), height, stateRoot, lanes)
    let bytes = 0
    for (let lane = 0; lane < lanes; lane++) {
      for (let wanted = state.wanted(lane); wanted !== null; wanted = state.wanted(lane)) {
        const part = this.#part(wanted)
        bytes += part.length
        read(state.take(lane, read(decodeStateRecord(part))))
      }
    }
    return bytes
  }

  async #start(): Promise<void> {
    const { privateKey, address } = await createMember()
    const { genesisHash } = this.#manifest
    const options = { privateKey, listen: [address], genesisHash, knownPeers: [], logger: silentLogger }
    const network = createLibp2pNetwork(options)
    await network.start({
      onDirect: () => undefined,
      onGossip: () => 'ignore',
      onRequest: (_, bytes) => this.#answer(read(decodeRequest(bytes))),
      onPeerUp: () => undefined,
      onPeerDown: () => undefined,
    })
    onTestFinished(() => network.stop())
    this.#address = `${address}/p2p/${network.peerId}`
  }

  #answer(request: Request): Uint8Array | undefined | Promise<undefined> {
    if (request.kind === 'snapshot') return encodeManifest({ ...this.#manifest, links: [] })
    if (request.kind === 'setLinks') return encodeLinks(this.#manifest.links.slice(request.from - 1))
    if (request.kind !== 'stateChunk' && request.kind !== 'code') return undefined
    if (this.partsLeft === 0) {
      this.isSilent = true
      return new Promise(() => undefined)
    }
    this.partsLeft -= 1
    const part = this.#part(request)
    this.bytesGiven += part.length
    return part
  }

  #part(request: StateRequest): Uint8Array {
    if (request.kind === 'stateChunk') return encodeStateRecord(cutPart(request.part, this.#state, PART_BYTES))
    const code = defined(this.#state.code(hashFromBytes(request.hash)), 'code')
    return encodeStateRecord({ kind: 'code', code })
  }
}

function read<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}
