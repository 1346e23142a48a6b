// Servers of which one is slow, away or lies, over real HTTP.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  encodeErrorResult,
  type Hex,
  parseAbi,
} from 'viem'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type Difference, quorum } from '../../../src/client/quorum-transport.ts'
import { METHODS } from '../../../src/rpc/methods/all.ts'

/** What a server answers to a method; undefined: nothing, ever. */
type Answers = (method: string, params: readonly unknown[]) => unknown

/** An answer that is an error. */
class Refusal {
  readonly error: { readonly code: number; readonly message: string; readonly data?: Hex }

  constructor(error: Refusal['error']) {
    this.error = error
  }
}

const TIP = '0x10'
const honest: Answers = (method) => (method === 'eth_blockNumber' ? TIP : '0x7')
const silent: Answers = () => undefined

async function serve(answers: Answers, delayMs = 0): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: readonly unknown[] }
      const result = answers(method, params)
      const answer = result instanceof Refusal ? { error: result.error } : { result }
      const send = () =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
      if (result !== undefined) setTimeout(send, delayMs)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** `delayMs`: from each to the next. */
async function clientOf(answers: readonly Answers[], delayMs = 0) {
  const urls = await Promise.all(answers.map((each, index) => serve(each, index * delayMs)))
  const differences: Difference[] = []
  const transport = quorum(urls, { t: 1, onDifference: (difference) => differences.push(difference) })
  return { client: createPublicClient({ transport }), urls, differences }
}

type Reader = Awaited<ReturnType<typeof clientOf>>['client']

/** Less than viem waits for who never answers: whoever waits for it as well fails. */
const TIMEOUT = { timeout: 9_000 }
const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

const bad: [name: string, answers: Answers][] = [
  ['never answers', silent],
  ['answers nothing but the height', (method) => (method === 'eth_blockNumber' ? TIP : undefined)],
  ['tells no height but nonsense', (method) => (method === 'eth_blockNumber' ? 'nonsense' : '0x7')],
  ['tells a height that nobody has', (method) => (method === 'eth_blockNumber' ? '0xffffff' : '0x7')],
]

it.each(bad)('a server that %s neither fails nor holds up what enough others answer', TIMEOUT, async (_, answers) => {
  for (const order of [
    [answers, honest, honest],
    [honest, honest, answers],
  ]) {
    const { client } = await clientOf(order)
    expect(await client.getBlockNumber({ cacheTime: 0 })).toBe(16n)
    expect(await client.getBalance({ address: ACCOUNT })).toBe(7n)
  }
})

it('a server that differs is named also when it answers after the others', async () => {
  const { client, urls, differences } = await clientOf([honest, honest, (method) => honest(method, []) && '0x10'])
  expect(await client.getBalance({ address: ACCOUNT })).toBe(7n)
  await vi.waitFor(() => expect(differences).toEqual([{ method: 'eth_getBalance', urls: [urls[2]] }]))
})

it('one server alone is not believed, however fast it is', async () => {
  const { client } = await clientOf([() => '0x10', honest, honest])
  expect(await client.getBalance({ address: ACCOUNT })).toBe(7n)
})

const abi = parseAbi(['function owner() view returns (address)', 'error Taken(address owner)'])
const ORDER_MS = 50
const refusing = (error: Refusal['error']) => (): Refusal => new Refusal(error)

it('one liar does not decide what a call is reverted with', async () => {
  const reverting = (owner: Hex): Answers => {
    const data = encodeErrorResult({ abi, errorName: 'Taken', args: [owner] })
    const refusal = new Refusal({ code: 3, message: 'execution reverted', data })
    return (method) => (method === 'eth_blockNumber' ? TIP : refusal)
  }
  const forged = reverting(`0x${'66'.repeat(20)}`)
  const { client } = await clientOf([reverting(ACCOUNT), forged, reverting(ACCOUNT)], ORDER_MS)
  const reason = await client.readContract({ abi, address: ACCOUNT, functionName: 'owner' }).catch((error: unknown) => {
    if (!(error instanceof BaseError)) throw error
    return error.walk((cause) => cause instanceof ContractFunctionRevertedError)
  })
  expect(reason).toMatchObject({ data: { errorName: 'Taken', args: [ACCOUNT] } })
})

it('one liar does not decide why a transaction is refused, and none is named for the words of its pool', async () => {
  const full = refusing({ code: -32000, message: 'txpool is full' })
  const send = async (answers: readonly Answers[]): Promise<{ readonly message: string; readonly named: number }> => {
    const { client, differences } = await clientOf(answers, ORDER_MS)
    const sent = client.request({ method: 'eth_sendRawTransaction', params: ['0x02'] })
    const { message } = await sent.then(
      () => new Error('sent'),
      (error: unknown) => error as Error,
    )
    return { message, named: differences.length }
  }
  const low = refusing({ code: -32000, message: 'nonce too low' })
  expect((await send([full, low, full])).message).toContain('txpool is full')
  // Where they refuse alike in different words it is anybody's guess whose are honest.
  const other = refusing({ code: -32000, message: 'nonce too low: next nonce 5, tx nonce 3' })
  for (const answers of [
    [full, low, other],
    [full, low, silent],
  ]) {
    const { message, named } = await send(answers)
    expect(message).toContain('the servers refuse with code -32000')
    expect(message).not.toMatch(/full|low/)
    expect(named).toBe(0)
  }
})

it('one liar does not decide the certificate of a proof: it is one that enough hold, or none', async () => {
  const proving = (signature: string, headers: readonly string[] = ['0x01']): Answers => {
    const proof = { height: 16, headers, certificate: { signatures: [signature] } }
    return (method) => (method === 'eth_blockNumber' ? TIP : proof)
  }
  const read = async (answers: readonly Answers[]): Promise<unknown> => {
    const { client } = await clientOf(answers, ORDER_MS)
    return client.request({ method: 'bft_getFinalityProof', params: ['latest'] } as never)
  }
  const forged = proving('0xf0', ['0x01', '0xf1'])
  const proof = { height: 16, headers: ['0x01'] }
  expect(await read([proving('0x01'), forged, proving('0x01')])).toEqual({
    ...proof,
    certificate: { signatures: ['0x01'] },
  })
  expect(await read([proving('0x01'), forged, proving('0x02')])).toEqual({ ...proof, certificate: null })
})

it.each<[what: string, read: (client: Reader) => Promise<unknown>]>([
  ['nonce', (client) => client.getTransactionCount({ address: ACCOUNT })],
  ['logs from a block to the newest', async (client) => (await client.getLogs({ fromBlock: 0n })).length],
  ['logs of the newest block', async (client) => (await client.getLogs()).length],
])('%s are read at the newest block, though one server is late and one lies that it is', async (_, read) => {
  // Everything is as many as the height of the block that it is read at.
  const at =
    (head: number, says = head): Answers =>
    (method, [first, second]) => {
      if (method === 'eth_blockNumber') return `0x${says.toString(16)}`
      const asked = method === 'eth_getLogs' ? (first as { toBlock?: string }).toBlock : second
      const height = typeof asked === 'string' && asked.startsWith('0x') ? Number(asked) : head
      if (height > says) return new Refusal({ code: -32001, message: 'header not found' })
      const log = { address: ACCOUNT, topics: [], data: '0x' }
      const shown = Math.min(height, head)
      return method === 'eth_getLogs' ? Array.from({ length: shown }, () => log) : `0x${shown.toString(16)}`
    }
  let head = 11
  const catchingUp: Answers = (method, params) => at(head)(method, params)
  const { client } = await clientOf([at(16), catchingUp, at(11, 16)], ORDER_MS)
  setTimeout(() => {
    head = 16
  }, 600)
  expect(await read(client)).toBe(16)
})

/** Where the newest block may be named among the parameters of what a node offers. */
const named = [...METHODS.values()].flatMap(({ name, parameters }) => {
  const position = parameters.findIndex((parameter) => {
    try {
      return (parameter.decode('latest') as { readonly by?: unknown }).by === 'head'
    } catch {
      return false
    }
  })
  return position < 0 ? [] : [{ name, position }]
})

it.each(named)('$name is asked of all servers at one block', async ({ name, position }) => {
  const asked: unknown[] = []
  const noting: Answers = (method, params) => {
    if (method === name) asked.push(params[position])
    return honest(method, params)
  }
  const { client } = await clientOf([noting, noting, noting])
  for (const newest of ['latest', 'pending', { blockNumber: 'safe', blockHash: null }]) {
    const params = [...Array.from({ length: position }, () => '0x0'), newest]
    await client.request({ method: name as never, params: params as never })
  }
  const isOfPool = name === 'eth_getTransactionCount'
  await vi.waitFor(() => expect(asked).toHaveLength(9))
  expect(new Set(asked)).toEqual(new Set(isOfPool ? [TIP, 'pending'] : [TIP]))
})

it('a server that is a block behind and one that lies do not deny the newest block', async () => {
  const at =
    (head: number): Answers =>
    (method, [asked]) => {
      if (method === 'eth_blockNumber') return `0x${head.toString(16)}`
      return Number(asked) > head ? null : { number: asked }
    }
  let head = 15
  const catchingUp: Answers = (method, params) => {
    const answer = at(head)(method, params)
    if (method !== 'eth_blockNumber') head = 16
    return answer
  }
  const denying: Answers = (method) => (method === 'eth_blockNumber' ? TIP : null)
  const { client } = await clientOf([at(16), catchingUp, denying])
  expect(await client.request({ method: 'eth_getBlockByNumber', params: ['latest', false] })).toEqual({ number: TIP })
})
