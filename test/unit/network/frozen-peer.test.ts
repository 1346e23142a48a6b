/** A peer that stops reading and writing while its connection stays open, as a stopped process does. */
import { expect, it, vi } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { createLibp2pNetwork } from '../../../src/network/libp2p/libp2p-network.ts'
import { peerIdOfKey } from '../../../src/network/libp2p/network-key.ts'
import type { KnownPeer, Network } from '../../../src/network/port.ts'
import { ChaosProxy } from './chaos-proxy.ts'
import { createMember, GENESIS_HASH } from './libp2p-world.ts'
import { NetworkRecorder } from './network-recorder.ts'

const SOON = { timeout: 60_000, interval: 20 }

it('a frozen peer loses its direct stream and is back in the mesh after it thaws', async () => {
  const members = await Promise.all([createMember(), createMember()])
  const proxy = await ChaosProxy.to(Number(members[1].address.split('/').at(-1)))
  const known: KnownPeer[] = members.map(({ privateKey }, index) => ({
    peerId: peerIdOfKey(privateKey),
    addresses: index === 1 ? [`/ip4/127.0.0.1/tcp/${proxy.port}`] : [],
    validator: true,
  }))
  const recorders = [new NetworkRecorder(), new NetworkRecorder()] as const
  const networks: Network[] = members.map(({ privateKey, address }) =>
    createLibp2pNetwork({
      privateKey,
      listen: [address],
      genesisHash: GENESIS_HASH,
      knownPeers: known,
      logger: silentLogger,
      limits: { tickMs: 100, openTimeoutMs: 1_000, redialDelayMsMax: 500 },
    }),
  )
  const [a, b] = networks as [Network, Network]
  const meshSize = (): number[] => recorders.map(({ directUp }) => directUp.size)
  try {
    await Promise.all([a.start(recorders[0]), b.start(recorders[1])])
    await vi.waitFor(() => expect(meshSize()).toEqual([1, 1]), SOON)
    proxy.setFrozen(true)
    await vi.waitFor(() => expect(meshSize()).toEqual([0, 0]), SOON)
    expect(a.sendDirect(b.peerId, new Uint8Array(1))).toBe(false)
    proxy.setFrozen(false)
    await vi.waitFor(() => expect(meshSize()).toEqual([1, 1]), SOON)
    await vi.waitFor(() => {
      a.sendDirect(b.peerId, new Uint8Array([7]))
      expect(recorders[1].direct.length).toBeGreaterThan(0)
    })
  } finally {
    await Promise.all(networks.map((network) => network.stop()))
    proxy.close()
  }
})
