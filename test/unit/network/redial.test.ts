/** How known peers are found again and again (docs/network.md, "Protocols"). */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, it, vi } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { createLibp2pNetwork } from '../../../src/network/libp2p/libp2p-network.ts'
import { peerIdOfKey } from '../../../src/network/libp2p/network-key.ts'
import { createMember, GENESIS_HASH } from './libp2p-world.ts'
import { NetworkRecorder } from './network-recorder.ts'

const SOON = { timeout: 60_000, interval: 20 }

it('a peer is found at its second address while its first swallows whatever it is sent', async () => {
  const sockets: Socket[] = []
  const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const [far, near] = await Promise.all([createMember(), createMember()])
  const addresses = [`/ip4/127.0.0.1/tcp/${(silent.address() as AddressInfo).port}`, far.address]
  const common = { genesisHash: GENESIS_HASH, logger: silentLogger, limits: { openTimeoutMs: 500 } }
  const target = createLibp2pNetwork({ ...common, ...far, listen: [far.address], knownPeers: [] })
  const known = [{ peerId: peerIdOfKey(far.privateKey), addresses, validator: false }]
  const network = createLibp2pNetwork({ ...common, ...near, listen: [], knownPeers: known })
  try {
    await Promise.all([target.start(new NetworkRecorder()), network.start(new NetworkRecorder())])
    await vi.waitFor(() => expect(network.connectedPeers()).toEqual([target.peerId]), SOON)
    expect(sockets.length).toBeGreaterThan(0)
  } finally {
    await Promise.all([network.stop(), target.stop()])
    for (const socket of sockets) socket.destroy()
    silent.close()
  }
})
