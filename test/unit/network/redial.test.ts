/** How known peers are found again and again (docs/network.md, "Protocols"). */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, it, vi } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { Dialer } from '../../../src/network/libp2p/dialer.ts'
import { createLibp2pNetwork } from '../../../src/network/libp2p/libp2p-network.ts'
import { peerIdOfKey } from '../../../src/network/libp2p/network-key.ts'
import { DEFAULT_NETWORK_LIMITS } from '../../../src/network/limits.ts'
import type { PeerId } from '../../../src/network/port.ts'
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

it('a dial that nobody answers ends in its time, and at once when all is stopped', async () => {
  const signals: AbortSignal[] = []
  const dialer = new Dialer({
    limits: { ...DEFAULT_NETWORK_LIMITS, openTimeoutMs: 10, redialDelayMsMin: 1, redialDelayMsMax: 1 },
    logger: silentLogger,
    dial: (_, signal) =>
      new Promise((_resolve, reject) => {
        signals.push(signal)
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      }),
    isConnected: () => false,
  })
  dialer.setTargets(new Map([['somebody' as PeerId, [multiaddr('/ip4/127.0.0.1/tcp/1')]]]))
  await vi.waitFor(() => expect(signals.length).toBeGreaterThan(2), SOON)
  expect(signals[0]?.aborted).toBe(true)
  dialer.stop()
  expect(signals.every(({ aborted }) => aborted)).toBe(true)
})
