/** The own namespace of a node that runs, over HTTP and WebSocket. */
import { once } from 'node:events'
import { createWalletClient, http, keccak256 } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { METHODS } from '../../src/rpc/methods/all.ts'
import { doubleVote } from './double-vote.ts'
import { ask, chainOf, post, type SingleNode, startSingleNode } from './single-node.ts'

const CHAIN_ID = 13_371
const account = mnemonicToAccount('test test test test test test test test test test test junk')

interface FinalityProof {
  readonly height: number
  readonly hash: string
  readonly headers: readonly `0x${string}`[]
  readonly certificate: { readonly blockHash: string; readonly signatures: readonly string[] } | null
}

let node: SingleNode

async function send(): Promise<number> {
  const wallet = createWalletClient({ account, chain: chainOf(CHAIN_ID, node.url), transport: http(node.url) })
  const receipt = await wallet.sendTransactionSync({ to: account.address, value: 1n })
  return Number(receipt.blockNumber)
}

beforeAll(async () => {
  node = await startSingleNode({
    chainId: CHAIN_ID,
    consensus: { epochBlocksMax: 3, epochMsMin: 0 },
    alloc: { [account.address]: { balance: '0xc097ce7bc90715b34b9f' } },
  })
  await send()
}, 120_000)

afterAll(() => node.stop())

describe('bft_getFinalityProof', () => {
  it('leads from the header of the block to one that the certificate is of', async () => {
    for (const block of ['0x1', '0x2', 'latest']) {
      const { headers, certificate, hash } = (await ask(node.url, 'bft_getFinalityProof', block)) as FinalityProof
      expect(keccak256(headers[0] ?? '0x')).toBe(hash)
      expect(keccak256(headers.at(-1) ?? '0x')).toBe(certificate?.blockHash)
      expect(certificate?.signatures).toHaveLength(1)
    }
  })

  it('has no certificate for genesis, whose hash says all', async () => {
    const { headers, certificate } = (await ask(node.url, 'bft_getFinalityProof', '0x0')) as FinalityProof
    expect(headers.map((header) => keccak256(header))).toEqual([node.genesisHash])
    expect(certificate).toBeNull()
  })
})

describe('bft_getValidatorSetProof', () => {
  interface SetProof {
    readonly fromEpoch: number
    readonly toEpoch: number
    readonly links: readonly (FinalityProof & { readonly epoch: number; readonly validators: unknown })[]
  }
  const proof = async (...params: unknown[]) => (await ask(node.url, 'bft_getValidatorSetProof', ...params)) as SetProof

  it('leads from genesis to the running epoch, each by the proof of its last block', async () => {
    for (let sent = 0; sent < 4; sent++) await send()
    const { epoch } = (await ask(node.url, 'bft_status')) as { readonly epoch: number }
    const { fromEpoch, toEpoch, links } = await proof(0)
    expect(epoch).toBeGreaterThan(1)
    expect([fromEpoch, toEpoch, links.map((link) => link.epoch)]).toEqual([0, epoch, [...links.keys()]])
    expect(links[0]).toMatchObject({ certificate: null, validators: [{ leads: true }] })
    for (const { headers, certificate, validators } of links.slice(1)) {
      const { hash } = (await ask(node.url, 'eth_getBlockByHash', keccak256(headers[0] ?? '0x'), false)) as {
        hash: string
      }
      const last = (await ask(node.url, 'bft_getFinalityProof', hash)) as FinalityProof
      expect(last).toMatchObject({ headers, certificate })
      // The one validator stays.
      expect(validators).toBeNull()
    }
  })

  it('goes on from a set that is known, as far as it is asked to', async () => {
    expect((await proof(1, 2)).links.map(({ epoch }) => epoch)).toEqual([1])
    expect((await proof(2, 2)).links).toEqual([])
  })

  it.each([
    [[0, 999], -32001],
    [[2, 1], -32602],
  ])('refuses %j', async (params, code) => {
    const { error } = await post(node.url, { jsonrpc: '2.0', id: 1, method: 'bft_getValidatorSetProof', params })
    expect(error?.code).toBe(code)
  })
})

describe('bft_getHeads', () => {
  it('tells all heads from a block on, and none beyond the newest', async () => {
    const head = Number(await ask(node.url, 'eth_blockNumber'))
    const heads = (await ask(node.url, 'bft_getHeads', 1)) as { number: string; hash: string }[]
    expect(heads.map(({ number }) => Number(number))).toEqual(Array.from({ length: head }, (_, index) => index + 1))
    expect(await ask(node.url, 'bft_getHeads', head + 1)).toEqual([])
  })
})

describe('bft_getSignerStats', () => {
  it('counts who proposed and who signed', async () => {
    const stats = await ask(node.url, 'bft_getSignerStats', { fromBlock: 1, toBlock: 2 })
    expect(stats).toMatchObject({
      fromBlock: 1,
      toBlock: 2,
      validators: [{ name: 'v0', proposed: 2, certificates: 2, signed: 2 }],
    })
  })

  it('refuses a range that ends before it begins', async () => {
    const params = [{ fromBlock: 2, toBlock: 1 }]
    const { error } = await post(node.url, { jsonrpc: '2.0', id: 1, method: 'bft_getSignerStats', params })
    expect(error?.code).toBe(-32602)
  })
})

describe('bft_subscribe', () => {
  it.each([
    ['finality', { height: expect.any(Number) as number, certificate: { signatures: [expect.any(String)] } }],
    ['views', { view: expect.any(Number) as number, by: 'qc' }],
    ['evidence', { kind: 'doubleVote', accepted: null }],
  ])('tells of %s', async (kind, wanted) => {
    const socket = new WebSocket(node.webSocketUrl)
    await once(socket, 'open')
    const messages: unknown[] = []
    const told = new Promise((resolve) => {
      socket.on('message', (text: Buffer) => {
        const message = JSON.parse(text.toString()) as { method?: string; params?: { result: unknown } }
        messages.push(message)
        if (message.method === 'bft_subscription') resolve(message.params?.result)
      })
    })
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'bft_subscribe', params: [kind] }))
    await expect.poll(() => messages.length).toBeGreaterThan(0)
    if (kind === 'evidence') await ask(node.url, 'bft_submitEvidence', doubleVote(node))
    else await send()
    expect(await told).toMatchObject(wanted)
    socket.close()
  })
})

describe('rpc.discover', () => {
  it('names every method that there is', async () => {
    const { openrpc, methods } = (await ask(node.url, 'rpc.discover')) as {
      openrpc: string
      methods: { name: string }[]
    }
    expect(openrpc).toMatch(/^1\./)
    expect(new Set(methods.map(({ name }) => name))).toEqual(new Set(METHODS.keys()))
  })
})
