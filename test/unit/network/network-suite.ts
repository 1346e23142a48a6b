/**
 * What every implementation of the network port promises. Run against libp2p, and against any
 * other network that claims to be one.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { utf8 } from '../../../src/base/bytes.ts'
import type { KnownPeer, Network, PeerId } from '../../../src/network/port.ts'
import { NetworkRecorder } from './network-recorder.ts'

export interface NetworkWorld {
  /** Not started. Each node knows those of `known` that are not itself by address, and itself. */
  create(count: number, validators: number): Promise<readonly Network[]>
  known(): readonly KnownPeer[]
  close(): Promise<void>
}

const SOON = { timeout: 60_000, interval: 20 }

export function networkSuite(title: string, createWorld: () => NetworkWorld): void {
  describe(title, () => {
    let world: NetworkWorld
    let networks: readonly Network[]
    let recorders: NetworkRecorder[]

    beforeEach(() => {
      world = createWorld()
    })
    afterEach(async () => {
      await Promise.all(networks.map((network) => network.stop()))
      await world.close()
    })

    const at = (index: number): Network => networks[index] as Network
    const id = (index: number): PeerId => at(index).peerId
    const heard = (index: number): NetworkRecorder => recorders[index] as NetworkRecorder

    async function start(count: number, validators = count): Promise<void> {
      networks = await world.create(count, validators)
      recorders = networks.map(() => new NetworkRecorder())
      await Promise.all(networks.map((network, index) => network.start(heard(index))))
      await vi.waitFor(() => {
        for (let i = 0; i < count; i++) {
          expect(heard(i).directUp.size).toBe(i < validators ? validators - 1 : 0)
          expect(heard(i).up.size).toBe(count - 1)
        }
      }, SOON)
    }

    const request = (from: number, to: number, text: string, timeoutMs = 5_000, responseBytesMax = 1_000) =>
      at(from).request(id(to), utf8(text), { timeoutMs, responseBytesMax })

    it('direct messages arrive whole and in the order they were sent, in both directions', async () => {
      await start(2)
      const sizes = [1, 3, 70_000, 2, 1_500_000, 5]
      for (const from of [0, 1]) {
        for (const size of sizes)
          expect(at(from).sendDirect(id(1 - from), new Uint8Array(size).fill(size % 251))).toBe(true)
      }
      for (const to of [0, 1]) {
        await vi.waitFor(() => expect(heard(to).direct.length).toBe(sizes.length), SOON)
        expect(heard(to).direct.map(({ message }) => message.length)).toEqual(sizes)
        expect(
          heard(to).direct.every(
            ({ from, message }) => from === id(1 - to) && message.every((byte) => byte === message.length % 251),
          ),
        ).toBe(true)
      }
    })

    it('sendDirect is false to a stranger, to itself, and for a message beyond the bound', async () => {
      await start(2)
      expect(at(0).sendDirect('12D3KooWNobody' as PeerId, utf8('x'))).toBe(false)
      expect(at(0).sendDirect(id(0), utf8('x'))).toBe(false)
      expect(at(0).sendDirect(id(1), new Uint8Array(4 * 1024 * 1024 + 1))).toBe(false)
    })

    it('direct streams run between validators only; an observer has gossip and requests', async () => {
      await start(3, 2)
      expect(at(2).sendDirect(id(0), utf8('x'))).toBe(false)
      expect(at(0).sendDirect(id(2), utf8('x'))).toBe(false)
      expect(await request(2, 0, 'who')).toEqual({ ok: true, value: utf8('who') })
      await vi.waitFor(() => {
        at(2).publish('transactions', utf8(`from an observer ${Math.random()}`))
        expect(heard(0).gossip.length).toBeGreaterThan(0)
        expect(heard(1).gossip.length).toBeGreaterThan(0)
      }, SOON)
    })

    it('gossip reaches every node once, on its topic, and not its sender', async () => {
      await start(4)
      for (const topic of ['transactions', 'announcements'] as const) {
        await untilGossipFlows(topic)
        const text = `news on ${topic}`
        const copies = (index: number) =>
          heard(index).gossip.filter(({ data }) => Buffer.from(data).toString() === text)
        at(0).publish(topic, utf8(text))
        await vi.waitFor(() => expect([1, 2, 3].map((index) => copies(index).length)).toEqual([1, 1, 1]), SOON)
        expect([1, 2, 3].every((index) => copies(index)[0]?.topic === topic)).toBe(true)
        expect(copies(0)).toEqual([])
      }
    })

    it('the same data on the wrong topic does not keep it from the right one', async () => {
      await start(2)
      await untilGossipFlows('transactions')
      await untilGossipFlows('announcements')
      const data = utf8('seen before')
      at(0).publish('transactions', data)
      at(0).publish('announcements', data)
      const topics = () =>
        heard(1)
          .gossip.filter((message) => Buffer.from(message.data).equals(data))
          .map(({ topic }) => topic)
      await vi.waitFor(() => expect(topics()).toHaveLength(2), SOON)
      expect(new Set(topics())).toEqual(new Set(['announcements', 'transactions']))
    })

    it('publishing to nobody is no error', async () => {
      await start(1)
      at(0).publish('transactions', utf8('hello?'))
    })

    it('a request is answered with what the handler returns, now or later', async () => {
      await start(2)
      expect(await request(0, 1, 'echo')).toEqual({ ok: true, value: utf8('echo') })
      heard(1).answer = () => Promise.resolve(utf8('later'))
      expect(await request(0, 1, 'wait')).toEqual({ ok: true, value: utf8('later') })
      heard(1).answer = () => new Uint8Array(0)
      expect(await request(0, 1, 'empty')).toEqual({ ok: true, value: new Uint8Array(0) })
    })

    it('many requests at once are each answered with their own answer', async () => {
      await start(2)
      const texts = Array.from({ length: 8 }, (_, index) => `request ${index}`)
      const answers = await Promise.all(texts.map((text) => request(0, 1, text)))
      expect(answers).toEqual(texts.map((text) => ({ ok: true, value: utf8(text) })))
    })

    it('a request fails by name: refused, too late, too large, nobody there', async () => {
      await start(2)
      const code = async (answer: ReturnType<typeof request>) => {
        const result = await answer
        return result.ok ? 'answered' : result.error.code
      }
      heard(1).answer = () => undefined
      expect(await code(request(0, 1, 'no'))).toBe('request-refused')
      heard(1).answer = () => new Promise(() => undefined)
      expect(await code(request(0, 1, 'slow', 200))).toBe('request-timeout')
      heard(1).answer = () => new Uint8Array(1_001)
      expect(await code(request(0, 1, 'large'))).toBe('response-too-large')
      heard(1).answer = () => new Uint8Array(1_000)
      expect(await code(request(0, 1, 'just fits'))).toBe('answered')
      expect(
        await code(at(0).request('12D3KooWNobody' as PeerId, utf8('x'), { timeoutMs: 100, responseBytesMax: 1 })),
      ).toBe('not-connected')
    })

    it('a peer that stops goes down and one that is banned is let in no more', async () => {
      await start(3)
      await at(2).stop()
      await vi.waitFor(() => expect(at(0).connectedPeers()).toEqual([id(1)]), SOON)
      expect(heard(0).events.indexOf(`direct-down ${id(2)}`)).toBeGreaterThan(-1)
      expect(at(0).sendDirect(id(2), utf8('x'))).toBe(false)
      at(0).penalise(id(1), 1_000, 'test')
      await vi.waitFor(() => expect(at(0).connectedPeers()).toEqual([]), SOON)
      expect(at(0).stats().bannedPeers).toBe(1)
    })

    it('few points do not ban', async () => {
      await start(2)
      at(0).penalise(id(1), 10, 'test')
      expect(at(0).stats().bannedPeers).toBe(0)
      expect(await request(0, 1, 'still here')).toEqual({ ok: true, value: utf8('still here') })
    })

    it('a validator that joins at run time gets its direct streams, one that leaves loses them', async () => {
      await start(3, 2)
      const all = world.known().map((peer) => ({ ...peer, validator: true }))
      for (const network of networks) network.setKnownPeers(all)
      await vi.waitFor(() => expect(recorders.map(({ directUp }) => directUp.size)).toEqual([2, 2, 2]), SOON)
      const without0 = all.map((peer) => ({ ...peer, validator: peer.peerId !== id(0) }))
      for (const network of networks) network.setKnownPeers(without0)
      await vi.waitFor(() => expect(recorders.map(({ directUp }) => directUp.size)).toEqual([0, 1, 1]), SOON)
    })

    it('no handler is called once stop has returned', async () => {
      await start(2)
      await at(0).stop()
      const before = [...heard(0).events]
      at(1).sendDirect(id(0), utf8('too late'))
      at(1).publish('transactions', utf8('too late'))
      await vi.waitFor(() => expect(heard(1).up.size).toBe(0), SOON)
      expect(heard(0).direct).toEqual([])
      expect(heard(0).gossip).toEqual([])
      expect(heard(0).events).toEqual(before)
    })

    async function untilGossipFlows(topic: 'transactions' | 'announcements'): Promise<void> {
      let round = 0
      await vi.waitFor(() => {
        round += 1
        at(0).publish(topic, utf8(`warm-up ${topic} ${round}`))
        for (let i = 1; i < networks.length; i++)
          expect(heard(i).gossip.some((message) => message.topic === topic)).toBe(true)
      }, SOON)
    }
  })
}
