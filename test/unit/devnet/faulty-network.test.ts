import { expect, it, vi } from 'vitest'
import { defined } from '../../../src/base/invariant.ts'
import { ok } from '../../../src/base/result.ts'
import { statementDigest } from '../../../src/crypto/digests.ts'
import { createSigner } from '../../../src/crypto/secp256k1.ts'
import { Equivocator } from '../../../src/devnet/equivocator.ts'
import { FaultyNetwork } from '../../../src/devnet/faulty-network.ts'
import { decodeDirect, encodeDirect } from '../../../src/network/messages.ts'
import type { Network, NetworkHandlers, PeerId } from '../../../src/network/port.ts'
import { type Hash, ZERO_HASH } from '../../../src/types/ids.ts'
import { voteStatement } from '../../../src/types/signing-domain.ts'

const A = 'a' as PeerId
const B = 'b' as PeerId
const MESSAGE = Uint8Array.of(1)

/** A wire that remembers what it was given, and the replica above it. */
async function world() {
  const sent: [PeerId, Uint8Array][] = []
  const said: string[] = []
  let wire: NetworkHandlers | undefined
  const network = new FaultyNetwork({
    peerId: 'self' as PeerId,
    start: (handlers: NetworkHandlers) => {
      wire = handlers
      return Promise.resolve()
    },
    stop: () => Promise.resolve(),
    sendDirect: (to: PeerId, message: Uint8Array) => sent.push([to, message]) > 0,
    request: () => Promise.resolve(ok(MESSAGE)),
    connectedPeers: () => [A, B],
  } as unknown as Network)
  await network.start({
    onDirect: (from) => said.push(`direct ${from}`),
    onGossip: () => 'accept',
    onRequest: () => MESSAGE,
    onPeerUp: (peer, direct) => said.push(`up ${peer} ${direct}`),
    onPeerDown: (peer, direct) => said.push(`down ${peer} ${direct}`),
  })
  const outside = defined(wire, 'the handlers of the wire')
  for (const peer of [A, B]) for (const direct of [false, true]) outside.onPeerUp(peer, direct)
  return { network, sent, said, outside }
}

it('who is cut off is down, says nothing, hears nothing, and is up again when healed', async () => {
  const { network, sent, said, outside } = await world()
  said.length = 0
  network.setFaults({ cutOff: [B], delayMs: 0 })
  expect(said).toEqual(['down b true', 'down b false'])
  expect(network.connectedPeers()).toEqual([A])
  expect([network.sendDirect(A, MESSAGE), network.sendDirect(B, MESSAGE)]).toEqual([true, false])
  expect((await network.request(B, MESSAGE, { timeoutMs: 1, responseBytesMax: 1 })).ok).toBe(false)
  outside.onDirect(B, MESSAGE)
  outside.onDirect(A, MESSAGE)
  expect(outside.onGossip('transactions', B, MESSAGE)).toBe('ignore')
  expect(outside.onRequest(B, MESSAGE)).toBeUndefined()
  expect(said.splice(0)).toEqual(['down b true', 'down b false', 'direct a'])
  network.setFaults({ cutOff: [], delayMs: 0 })
  expect(said).toEqual(['up b false', 'up b true'])
  expect(network.sendDirect(B, MESSAGE)).toBe(true)
  expect(sent.map(([to]) => to)).toEqual([A, B])
})

it('a peer that left while it was cut off is not up again', async () => {
  const { network, said, outside } = await world()
  network.setFaults({ cutOff: [B], delayMs: 0 })
  outside.onPeerDown(B, true)
  outside.onPeerDown(B, false)
  said.length = 0
  network.setFaults({ cutOff: [], delayMs: 0 })
  expect(said).toEqual([])
})

it('what is delayed comes later and in its order, also when the delay ends', async () => {
  vi.useFakeTimers()
  try {
    const { network, sent } = await world()
    network.setFaults({ cutOff: [], delayMs: 500 })
    network.sendDirect(A, Uint8Array.of(1))
    network.setFaults({ cutOff: [], delayMs: 0 })
    network.sendDirect(A, Uint8Array.of(2))
    await vi.advanceTimersByTimeAsync(499)
    expect(sent).toEqual([])
    await vi.advanceTimersByTimeAsync(2)
    expect(sent.map(([, [first]]) => first)).toEqual([1, 2])
    network.sendDirect(A, Uint8Array.of(3))
    expect(sent).toHaveLength(3)
  } finally {
    vi.useRealTimers()
  }
})

it('lies in the views that it was told, with its own key, beside what is true', () => {
  const genesisHash = `0x${'11'.repeat(32)}` as Hash
  const signer = createSigner(new Uint8Array(32).fill(7))
  const equivocator = new Equivocator((statement) => signer.sign(statementDigest(genesisHash, statement)).signature)
  const voteIn = (view: number) => {
    const vote = { epoch: 1, view, blockHash: ZERO_HASH, justifyView: view - 1, signer: 2 }
    return encodeDirect({ kind: 'vote', vote: { ...vote, signature: new Uint8Array(64).fill(1) } })
  }
  expect(equivocator.rewrite(voteIn(4))).toEqual([voteIn(4)])
  equivocator.lieUntil(5)
  const [lie, truth] = equivocator.rewrite(voteIn(5))
  expect(truth).toEqual(voteIn(5))
  const decoded = decodeDirect(defined(lie, 'a lie'))
  if (!decoded.ok || decoded.value.kind !== 'vote') throw new Error('no vote')
  const { vote } = decoded.value
  expect(vote).toMatchObject({ epoch: 1, view: 5, signer: 2, justifyView: 4 })
  expect(vote.blockHash).not.toBe(ZERO_HASH)
  expect(vote.signature).toEqual(signer.sign(statementDigest(genesisHash, voteStatement(vote))).signature)
  expect(equivocator.rewrite(voteIn(6))).toEqual([voteIn(6)])
})
