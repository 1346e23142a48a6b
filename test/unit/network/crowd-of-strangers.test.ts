import { type AddressInfo, connect, createServer } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { createLibp2pNetwork, type Libp2pNetwork } from '../../../src/network/libp2p/libp2p-network.ts'
import { createMember, GENESIS_HASH } from './libp2p-world.ts'
import { NetworkRecorder } from './network-recorder.ts'

const SOON = { timeout: 60_000, interval: 20 }
const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** That dials from another address of this machine. */
async function otherHost(targetPort: number): Promise<string> {
  const server = createServer((near) => {
    const far = connect({ port: targetPort, host: '127.0.0.1', localAddress: '127.0.0.2' })
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) socket.on('error', () => undefined)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => void server.close())
  return `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`
}

async function node(target?: { network: Libp2pNetwork; at: string }) {
  const { privateKey, address } = await createMember()
  const network = createLibp2pNetwork({
    privateKey,
    listen: target === undefined ? [address] : [],
    genesisHash: GENESIS_HASH,
    logger: silentLogger,
    knownPeers:
      target === undefined ? [] : [{ peerId: target.network.peerId, addresses: [target.at], validator: false }],
    limits: { strangersMax: 4, redialDelayMsMin: 1_000, redialDelayMsMax: 2_000 },
  })
  await network.start(new NetworkRecorder())
  cleanups.push(() => network.stop())
  return { network, address }
}

it('one host with many names leaves room for a stranger from another', async () => {
  const { network, address } = await node()
  const elsewhere = await otherHost(Number(address.split('/').at(-1)))
  const crowd: Libp2pNetwork[] = []
  for (let stranger = 0; stranger < 4; stranger++) crowd.push((await node({ network, at: address })).network)
  await vi.waitFor(() => expect(network.connectedPeers()).toHaveLength(4), SOON)
  const honest = await node({ network, at: elsewhere })
  await vi.waitFor(() => expect(network.connectedPeers()).toContain(honest.network.peerId), SOON)
  await vi.waitFor(() => expect(network.connectedPeers()).toHaveLength(4), SOON)
  // Another of the crowd finds no room.
  crowd.push((await node({ network, at: address })).network)
  await vi.waitFor(() => expect(crowd.filter((each) => each.connectedPeers().length > 0)).toHaveLength(3), SOON)
  expect(network.connectedPeers()).toContain(honest.network.peerId)
})
