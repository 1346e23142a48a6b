/** What one answer reads of many blocks, epochs or senders, it reads in slices: consensus shares the loop. */
import { expect, it } from 'vitest'
import type { FinalBlock } from '../../../src/node/node-api.ts'
import { quantity } from '../../../src/rpc/serializers/encoding.ts'
import type { Address } from '../../../src/types/ids.ts'
import { decode, type FakeNode } from './fake-node.ts'
import { ask, post, SENDER, startServer } from './harness.ts'
import { signTransfer } from './transfers.ts'

const READS = 8
/** More than a slice. */
const READ_MS = 6

/** How many of the slow calls of `name` found that the loop had turned since the one before. */
function slow<K extends string>(source: Readonly<Record<K, (...of: never[]) => unknown>>, name: K): { turns: number } {
  const seen = { turns: 0 }
  const real = source[name].bind(source)
  let hasTurned = false
  const reading = (...of: never[]) => {
    if (hasTurned) seen.turns += 1
    hasTurned = false
    setImmediate(() => {
      hasTurned = true
    })
    const startMs = performance.now()
    while (performance.now() - startMs < READ_MS);
    return real(...of)
  }
  Object.assign(source, { [name]: reading })
  return seen
}

/** Each into a block of its own. */
async function sealTransfers(node: FakeNode): Promise<readonly FinalBlock[]> {
  const envelopes = await Promise.all(Array.from({ length: READS }, (_, nonce) => signTransfer(nonce)))
  return envelopes.map((envelope) => node.seal([decode(Buffer.from(envelope.slice(2), 'hex'))]))
}

it.each([
  ['bft_getHeads', 'headerByHeight'],
  ['bft_getFinalityProof', 'blockByHeight'],
] as const)('gives the loop back between the blocks of %s', async (method, read) => {
  const { node, url } = await startServer()
  for (let i = 0; i < READS; i++) node.seal([])
  const seen = slow(node, read)
  await ask(url, method, ['0x1'])
  expect(seen.turns).toBeGreaterThanOrEqual(READS - 2)
})

it.each([
  ['eth_getBlockTransactionCountByNumber', ({ number }) => [number]],
  ['eth_getBlockTransactionCountByHash', ({ hash }) => [hash]],
  ['eth_getTransactionByHash', ({ transaction }) => [transaction]],
  ['eth_getTransactionReceipt', ({ transaction }) => [transaction]],
  ['eth_getTransactionByBlockNumberAndIndex', ({ number }) => [number, '0x0']],
  ['eth_getTransactionByBlockHashAndIndex', ({ hash }) => [hash, '0x0']],
  ['debug_getRawTransaction', ({ transaction }) => [transaction]],
  ['ots_traceTransaction', ({ transaction }) => [transaction]],
] satisfies [string, (of: Record<'number' | 'hash' | 'transaction', string>) => string[]][])(
  'gives the loop back between the blocks that a batch of %s reads',
  async (method, paramsOf) => {
    const { node, url } = await startServer()
    const blocks = await sealTransfers(node)
    const batch = blocks.map(({ header, hash, transactions }, id) => {
      const params = paramsOf({ number: quantity(header.height), hash, transaction: transactions[0]?.hash ?? '' })
      return { jsonrpc: '2.0', id, method, params }
    })
    const seen = slow(node, 'blockByHeight')
    expect((await post(url, JSON.stringify(batch))).text).not.toContain('"error"')
    expect(seen.turns).toBeGreaterThanOrEqual(READS - 2)
  },
)

it.each(['ots_searchTransactionsBefore', 'ots_searchTransactionsAfter'])(
  'gives the loop back between the blocks of a page of %s',
  async (method) => {
    const { node, url } = await startServer()
    await sealTransfers(node)
    const seen = slow(node, 'blockByHeight')
    const { result } = await ask(url, method, [SENDER, 0, READS])
    expect(result).toMatchObject({ firstPage: true, lastPage: true })
    expect(result).toHaveProperty('txs.length', READS)
    expect(seen.turns).toBeGreaterThanOrEqual(READS - 2)
  },
)

it.each([
  ['eth_getProof', 'storageProof', (slots: readonly string[]) => [SENDER, slots]],
  ['eth_getStorageValues', 'storageAt', (slots: readonly string[]) => [{ [SENDER]: slots }]],
] as const)('gives the loop back between the slots of %s', async (method, read, paramsOf) => {
  const { node, url } = await startServer()
  const state = node.stateAt(0)
  if (!state.ok) throw new Error(state.error.message)
  const seen = slow(state.value, read)
  Object.assign(node, { stateAt: () => state })
  const slots = Array.from({ length: READS }, (_, at) => quantity(at))
  expect(await ask(url, method, paramsOf(slots))).toHaveProperty('result')
  expect(seen.turns).toBeGreaterThanOrEqual(READS - 2)
})

it('gives the loop back between the blocks that a filter tells', async () => {
  const { node, url } = await startServer()
  const { result: id } = await ask(url, 'eth_newBlockFilter', [])
  for (let i = 0; i < READS; i++) node.seal([])
  const seen = slow(node, 'headerByHeight')
  const { result } = await ask(url, 'eth_getFilterChanges', [id])
  expect(result).toEqual(node.blocks.slice(1).map(({ hash }) => hash))
  expect(seen.turns).toBeGreaterThanOrEqual(READS - 2)
})

it('gives the loop back between the epochs of a proof of sets', async () => {
  const { node, url } = await startServer()
  const [genesis] = node.blocks
  const status = node.status()
  const end = {
    header: genesis?.header,
    finality: { certificate: { bitmap: new Uint8Array(0), signatures: [] }, suffix: [] },
  }
  Object.assign(node, { status: () => ({ ...status, epoch: READS + 1 }), epochEnd: () => end })
  const seen = slow(node, 'epochEnd')
  await ask(url, 'bft_getValidatorSetProof', [1, READS + 1])
  expect(seen.turns).toBeGreaterThanOrEqual(READS - 2)
})

it('gives the loop back between the senders of the pool', async () => {
  const { node, url } = await startServer()
  const transaction = decode(Buffer.from((await signTransfer(0)).slice(2), 'hex'))
  const senders = Array.from({ length: READS }, (_, at) => `0x${String(at).padStart(40, '0')}` as Address)
  Object.assign(node, { pooledTransactions: () => senders.map((sender) => ({ ...transaction, sender })) })
  const seen = slow(node, 'pendingNonce')
  await ask(url, 'txpool_content', [])
  expect(seen.turns).toBeGreaterThanOrEqual(READS - 2)
})
