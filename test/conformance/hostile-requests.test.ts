/** The bounded case of `npm run faults:hostile-rpc`. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { HostileClient } from '../faults/hostile/hostile-client.ts'
import { survey } from '../faults/hostile/survey.ts'
import { ask, type SingleNode, startSingleNode } from './single-node.ts'

const SEED = 20_261_126
const REQUESTS = 5_000
const FUNDED = `0x${'0a'.repeat(20)}`

let node: SingleNode

beforeAll(async () => {
  node = await startSingleNode({ chainId: 1337, alloc: { [FUNDED]: { balance: '0x1' } } })
})

afterAll(() => node.stop())

it('hostile requests are answered, each as it deserves and as it is documented, by a node that stays', async () => {
  const client = new HostileClient(node.url, SEED, 'client 0', await survey(node.url))
  await client.send(REQUESTS)
  const { judge } = client
  expect(judge.faults).toEqual([])
  expect(judge.judged).toBeGreaterThanOrEqual(REQUESTS)
  const ways = [
    'HTTP chunked',
    'HTTP dribbled',
    'HTTP pipelined',
    'HTTP whole',
    'WebSocket at once',
    'WebSocket in turn',
  ]
  expect(new Set(judge.counts.keys())).toEqual(
    new Set([...ways.map((way) => `answers, ${way}`), 'refusals', 'silence where none was asked']),
  )
  expect(await ask(node.url, 'eth_chainId')).toBe('0x539')
})
