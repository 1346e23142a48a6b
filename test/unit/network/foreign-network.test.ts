/** Two nodes that have each other for a peer, and not the same genesis: their operators are told. */
import { afterEach, expect, it, vi } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { foreignSpeech } from '../../../src/network/libp2p/foreign.ts'
import { createLibp2pNetwork } from '../../../src/network/libp2p/libp2p-network.ts'
import { peerIdOfKey } from '../../../src/network/libp2p/network-key.ts'
import type { KnownPeer, Network } from '../../../src/network/port.ts'
import { createMember, GENESIS_HASH } from './libp2p-world.ts'
import { NetworkRecorder } from './network-recorder.ts'

const SOON = { timeout: 60_000, interval: 20 }
const OTHER_GENESIS = `0x${'cd'.repeat(32)}`

const networks: Network[] = []
afterEach(() => Promise.all(networks.splice(0).map((network) => network.stop())))

it('a known peer with another genesis is named once, with both, and is no peer', async () => {
  const members = await Promise.all([createMember(), createMember()])
  const known: KnownPeer[] = members.map(({ privateKey, address }) => ({
    peerId: peerIdOfKey(privateKey),
    addresses: [address],
    validator: true,
  }))
  const warnings: string[][] = [[], []]
  const recorders = [new NetworkRecorder(), new NetworkRecorder()]
  for (const [index, { privateKey, address }] of members.entries()) {
    const network = createLibp2pNetwork({
      privateKey,
      listen: [address],
      genesisHash: index === 0 ? GENESIS_HASH : OTHER_GENESIS,
      knownPeers: known,
      logger: {
        ...silentLogger,
        warn: (message, fields) => warnings[index]?.push(`${message} ${fields?.['because']}`),
      },
      limits: { redialDelayMsMin: 5, redialDelayMsMax: 10 },
    })
    networks.push(network)
    await network.start(recorders[index] as NetworkRecorder)
  }
  const attempts = () => recorders.map(({ events }) => events.filter((event) => event.startsWith('up')).length)
  await vi.waitFor(() => expect(Math.min(...attempts())).toBeGreaterThan(3), SOON)
  const named = `peer of another network its genesis is ${OTHER_GENESIS}, and that of this node ${GENESIS_HASH}`
  expect(warnings[0]).toEqual([expect.stringContaining(named)])
  await vi.waitFor(() => expect(warnings[1]).toHaveLength(1), SOON)
})

it('what is of another version, is told from what is of another network, and from what is neither', () => {
  const ours = `/tertia/${GENESIS_HASH}/request/1`
  expect(foreignSpeech(['/meshsub/1.2.0', ours], ours)).toBeNull()
  expect(foreignSpeech(['/meshsub/1.2.0'], ours)).toBeNull()
  expect(foreignSpeech([`/tertia/${GENESIS_HASH}/request/2`], ours)).toMatch('has to be updated')
  expect(foreignSpeech([`/tertia/${OTHER_GENESIS}/request/1`], ours)).toMatch(OTHER_GENESIS)
})
