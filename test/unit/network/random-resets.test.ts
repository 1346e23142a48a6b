/** An unhandled rejection ends the node: whatever breaks, and whenever, there must be none. */
import { expect, it, vi } from 'vitest'
import { utf8 } from '../../../src/base/bytes.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { createLibp2pNetwork } from '../../../src/network/libp2p/libp2p-network.ts'
import { peerIdOfKey } from '../../../src/network/libp2p/network-key.ts'
import type { KnownPeer, Network } from '../../../src/network/port.ts'
import { ChaosProxy } from './chaos-proxy.ts'
import { createMember, GENESIS_HASH } from './libp2p-world.ts'
import { NetworkRecorder } from './network-recorder.ts'

const RESETS = 300
const SOON = { timeout: 60_000, interval: 20 }

it(`sockets reset ${RESETS} times at random moments leave no unhandled rejection, and the mesh returns`, async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  const members = await Promise.all([createMember(), createMember()])
  const proxy = await ChaosProxy.to(portOf(members[1].address))
  const known: KnownPeer[] = members.map(({ privateKey }, index) => ({
    peerId: peerIdOfKey(privateKey),
    addresses: index === 1 ? [`/ip4/127.0.0.1/tcp/${proxy.port}`] : [],
    validator: true,
  }))
  const recorders = members.map(() => new NetworkRecorder())
  const networks: Network[] = members.map(({ privateKey, address }) =>
    createLibp2pNetwork({
      privateKey,
      listen: [address],
      genesisHash: GENESIS_HASH,
      knownPeers: known,
      logger: silentLogger,
      limits: { redialDelayMsMin: 5, redialDelayMsMax: 10 },
    }),
  )
  const [a, b] = networks as [Network, Network]
  await Promise.all(networks.map((network, index) => network.start(recorders[index] as NetworkRecorder)))
  const meshIsWhole = () =>
    vi.waitFor(() => expect(recorders.map(({ directUp }) => directUp.size)).toEqual([1, 1]), SOON)
  const answers: Promise<unknown>[] = []
  try {
    for (let reset = 0; reset < RESETS; reset++) {
      // Most resets meet connections in the making; some are to meet finished ones, however slow the machine is.
      if (reset % 20 === 0) await meshIsWhole()
      a.sendDirect(b.peerId, new Uint8Array(1_000))
      b.publish('transactions', utf8(`message ${reset}`))
      answers.push(a.request(b.peerId, utf8('x'), { timeoutMs: 1_000, responseBytesMax: 9 }))
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 80))
      proxy.resetAll()
    }
    await Promise.all(answers)
    await meshIsWhole()
    expect(unhandled).toEqual([])
  } finally {
    await Promise.all(networks.map((network) => network.stop()))
    proxy.close()
    process.off('unhandledRejection', note)
    process.off('uncaughtException', note)
  }
})

function portOf(address: string): number {
  return Number(address.split('/').at(-1))
}
