/** How callers name a block: the clients that believe no server take and refuse what a node does. */
import { InvalidParamsRpcError } from 'viem'
import { expect, it } from 'vitest'
import { blockParam } from '../../../src/client/caller-params.ts'
import { type BlockId, blockParameter } from '../../../src/rpc/block-id.ts'
import { RpcError } from '../../../src/rpc/errors.ts'

const HASH = `0x${'ab'.repeat(32)}`

function ofNode(value: unknown): unknown {
  try {
    const id: BlockId = blockParameter.decode(value ?? undefined)
    if (id.by === 'head') return 'latest'
    return id.by === 'height' ? id.height : id.hash
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    return 'refused'
  }
}

function ofClient(value: unknown): unknown {
  try {
    return blockParam(value)
  } catch (error) {
    if (!(error instanceof InvalidParamsRpcError)) throw error
    return 'refused'
  }
}

const NAMES: readonly unknown[] = [
  ...[
    undefined,
    null,
    'latest',
    'safe',
    'finalized',
    'pending',
    'earliest',
    '0x0',
    '0x10',
    '0xAb',
    '0x1fffffffffffff',
    HASH,
  ],
  ...['0x', '0x01', '0x20000000000000', 'newest', '', HASH.slice(2), HASH.replace('ab', 'zz'), 16, true, [], {}],
  ...[{ blockHash: HASH }, { blockNumber: '0x1' }, { blockNumber: 'latest' }, { blockNumber: HASH }],
  ...[
    { blockNumber: '0x1', blockHash: null },
    { blockNumber: null, blockHash: HASH, requireCanonical: null },
  ],
  ...[{ blockNumber: '0x1', blockHash: HASH }, { blockNumber: null }, { blockHash: 'latest' }],
  ...[{ blockNumber: 1 }, { blockNumber: { blockNumber: '0x1' } }],
]

it.each(NAMES.map((value) => ({ value })))('$value names for the client what it names for the node', ({ value }) => {
  expect(ofClient(value)).toEqual(ofNode(value))
})
