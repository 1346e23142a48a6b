// Servers of which one is slow, away or lies, over real HTTP.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPublicClient } from 'viem'
import { expect, it, onTestFinished, vi } from 'vitest'
import { type Difference, quorum } from '../../../src/client/quorum-transport.ts'

/** What a server answers to a method; undefined: nothing, ever. */
type Answers = (method: string) => unknown

const TIP = '0x10'
const honest: Answers = (method) => (method === 'eth_blockNumber' ? TIP : '0x7')
const silent: Answers = () => undefined

async function serve(answers: Answers): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const { id, method } = JSON.parse(body) as { id: number; method: string }
      const result = answers(method)
      if (result !== undefined)
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result }))
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

async function clientOf(answers: readonly Answers[]) {
  const urls = await Promise.all(answers.map(serve))
  const differences: Difference[] = []
  const transport = quorum(urls, { t: 1, onDifference: (difference) => differences.push(difference) })
  return { client: createPublicClient({ transport }), urls, differences }
}

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
  const { client, urls, differences } = await clientOf([honest, honest, (method) => honest(method) && '0x10'])
  expect(await client.getBalance({ address: ACCOUNT })).toBe(7n)
  await vi.waitFor(() => expect(differences).toEqual([{ method: 'eth_getBalance', urls: [urls[2]] }]))
})

it('one server alone is not believed, however fast it is', async () => {
  const { client } = await clientOf([() => '0x10', honest, honest])
  expect(await client.getBalance({ address: ACCOUNT })).toBe(7n)
})
