/** libp2p networks on the loopback interface, for the suite and for the hostile tests. */

import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { silentLogger } from '../../../src/base/logger.ts'
import {
  createLibp2pNetwork,
  type Libp2pNetwork,
  type Libp2pNetworkConfig,
} from '../../../src/network/libp2p/libp2p-network.ts'
import { createNetworkKey, networkKeyFromBytes, peerIdOfKey } from '../../../src/network/libp2p/network-key.ts'
import { createNode, type Libp2pNode } from '../../../src/network/libp2p/options.ts'
import { DEFAULT_NETWORK_LIMITS } from '../../../src/network/limits.ts'
import type { KnownPeer } from '../../../src/network/port.ts'
import type { NetworkWorld } from './network-suite.ts'

export const GENESIS_HASH = `0x${'ab'.repeat(32)}`

/** A node below the protocols of the network: libp2p and gossipsub, as a network makes them. */
export async function startLibp2pNode(): Promise<Libp2pNode> {
  const { privateKey, address } = await createMember()
  const node = await createNode({
    privateKey: networkKeyFromBytes(privateKey),
    listen: [address],
    announce: [],
    genesisHash: GENESIS_HASH,
    limits: DEFAULT_NETWORK_LIMITS,
    gater: {},
    scoreOf: () => 0,
  })
  await node.start()
  return node
}

export class Libp2pWorld implements NetworkWorld {
  #known: KnownPeer[] = []
  readonly #overrides: Partial<Libp2pNetworkConfig>

  constructor(overrides: Partial<Libp2pNetworkConfig> = {}) {
    this.#overrides = overrides
  }

  async create(count: number, validators: number): Promise<readonly Libp2pNetwork[]> {
    const members = await Promise.all(Array.from({ length: count }, () => createMember()))
    this.#known = members.map(({ privateKey, address }, index) => ({
      peerId: peerIdOfKey(privateKey),
      addresses: [address],
      validator: index < validators,
    }))
    return members.map(({ privateKey, address }) =>
      createLibp2pNetwork({
        privateKey,
        listen: [address],
        genesisHash: GENESIS_HASH,
        knownPeers: this.#known,
        logger: silentLogger,
        ...this.#overrides,
      }),
    )
  }

  known(): readonly KnownPeer[] {
    return this.#known
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

export async function createMember(): Promise<{ privateKey: Uint8Array; address: string }> {
  return { privateKey: await createNetworkKey(), address: `/ip4/127.0.0.1/tcp/${await freePort()}` }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
