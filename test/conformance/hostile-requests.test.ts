/** The bounded case of `npm run faults:hostile-rpc`. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Random } from '../../src/simulation/random.ts'
import { HostileClient } from '../faults/hostile-client.ts'
import { ask, type SingleNode, startSingleNode } from './single-node.ts'

const SEED = 20_261_126
const REQUESTS = 3_000
const FUNDED = `0x${'0a'.repeat(20)}`

let node: SingleNode

beforeAll(async () => {
  node = await startSingleNode({ chainId: 1337, alloc: { [FUNDED]: { balance: '0x1' } } })
})

afterAll(() => node.stop())

it('hostile requests over HTTP and WebSocket get answers, none of them an internal error, from a node that stays', async () => {
  const client = new HostileClient(node.url, new Random(SEED, 'hostile'))
  await client.send(REQUESTS)
  expect(client.faults).toEqual([])
  expect(await ask(node.url, 'eth_chainId')).toBe('0x539')
})
