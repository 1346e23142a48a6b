/** Whole blocks are dear to read: what a header tells is read from the header. */
import { expect, it } from 'vitest'
import { ReplicaApi, type ReplicaApiParts } from '../../../src/node/replica-api.ts'
import { encodeHeader } from '../../../src/types/header.ts'
import { FakeNode } from './fake-node.ts'
import { ask, resultOf, SENDER, startServer } from './harness.ts'

const NUMBER = ['0x1']

it.each([
  ['eth_blockNumber', () => []],
  ['eth_getHeaderByNumber', () => NUMBER],
  ['eth_getHeaderByNumber', () => ['latest']],
  ['erigon_getHeaderByNumber', () => NUMBER],
  ['eth_getHeaderByHash', (hash) => [hash]],
  ['eth_getUncleCountByBlockNumber', () => NUMBER],
  ['eth_getUncleCountByBlockHash', (hash) => [hash]],
  ['eth_getBalance', (hash) => [SENDER, { blockHash: hash }]],
  ['eth_getLogs', (hash) => [{ blockHash: hash }]],
  ['eth_feeHistory', () => ['0x2', 'latest']],
  ['eth_capabilities', () => []],
  ['bft_getHeads', () => NUMBER],
  ['debug_getRawHeader', () => NUMBER],
] satisfies [string, (hash: string) => unknown[]][])('%s', async (method, paramsOf) => {
  const { node, url } = await startServer()
  for (let made = 0; made < 3; made++) node.seal([])
  const params = paramsOf(node.blocks[1]?.hash ?? '')
  const expected = await resultOf(url, method, params)
  const refuse = () => {
    throw new Error('a whole block was read')
  }
  Object.assign(node, { blockByHeight: refuse, blockByHash: refuse })
  expect(await ask(url, method, params)).toMatchObject({ result: expected })
})

it('the header of a node comes from its store without the block', () => {
  const { blocks } = new FakeNode()
  const [{ hash, header }] = blocks as [FakeNode['blocks'][number]]
  const store = { header: () => header, heightOf: () => 0, tip: { hash, header }, historyFrom: 1 }
  const api = new ReplicaApi({ store, config: { genesis: {} } } as unknown as ReplicaApiParts)
  for (const read of [api.head(), api.headerByHeight(0), api.headerByHash(hash)])
    expect([read?.hash, encodeHeader(read?.header ?? header)]).toEqual([hash, encodeHeader(header)])
})

it('a header from before the snapshot that a node began with is not told, though epochs end there', () => {
  const { blocks } = new FakeNode()
  const [{ hash, header }] = blocks as [FakeNode['blocks'][number]]
  const store = {
    header: () => header,
    heightOf: () => 1,
    tip: { hash, header: { ...header, height: 9 } },
    historyFrom: 5,
  }
  const api = new ReplicaApi({ store, config: { genesis: {} } } as unknown as ReplicaApiParts)
  expect([1, 4, 5].map((height) => api.headerByHeight(height)?.hash)).toEqual([undefined, undefined, hash])
  expect(api.headerByHash(hash)).toBeUndefined()
})
