import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Hex, keccak256, parseEther, parseTransaction, recoverTransactionAddress } from 'viem'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { cli } from './cli-harness.ts'

const FIRST = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const SECOND = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

let answers: Record<string, unknown>
let sent: Hex[]
let rpc: string[]

beforeEach(async () => {
  sent = []
  answers = {
    eth_chainId: '0x343b',
    eth_getTransactionCount: '0x7',
    eth_estimateGas: '0x5208',
    eth_maxPriorityFeePerGas: '0x3b9aca00',
    eth_getBlockByNumber: { baseFeePerGas: '0x77359400' },
    eth_getTransactionReceipt: { status: '0x1', blockNumber: '0x5', gasUsed: '0x5208', effectiveGasPrice: '0x1' },
  }
  rpc = ['--rpc', await serve()]
})

/** Instead of an answer: the connection ends. */
const CUT = Symbol('cut')

/** A node that takes every transaction. */
async function serve(): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const { method, params } = JSON.parse(body) as { method: string; params: Hex[] }
      const [envelope] = params
      const isSend = method === 'eth_sendRawTransaction' && envelope !== undefined
      if (isSend) sent.push(envelope)
      if (answers[method] === CUT) {
        response.destroy()
        return
      }
      const result = isSend ? keccak256(envelope) : answers[method]
      const answer = result === undefined ? { error: { code: -32000, message: `no ${method}` } } : { result }
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...answer }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const send = (...args: string[]) => cli('tx', 'send', ...args, ...rpc)

it('signs a transfer that viem reads as it was meant', async () => {
  const { code, out } = await send('--from', '0', '--to', '1', '--value', '1.5', '--json')
  const [envelope = '0x'] = sent
  expect(parseTransaction(envelope)).toMatchObject({
    type: 'eip1559',
    chainId: 13_371,
    nonce: 7,
    gas: 21_000n,
    to: SECOND.toLowerCase(),
    value: parseEther('1.5'),
    maxFeePerGas: 5_000_000_000n,
    maxPriorityFeePerGas: 1_000_000_000n,
  })
  expect(await recoverTransactionAddress({ serializedTransaction: envelope as `0x02${string}` })).toBe(FIRST)
  expect({ code, hash: JSON.parse(out) as unknown }).toEqual({ code: 0, hash: { hash: keccak256(envelope) } })
})

it('waits for the receipt when told to', async () => {
  const { code, out } = await send('--from', '0', '--to', SECOND, '--value', '1', '--wait')
  expect(code).toBe(0)
  expect(out).toMatch(/^0x[0-9a-f]{64}\nfinal in block 5, fee 0\.000000000000021\n$/)
})

it('fails when the transaction was reverted', async () => {
  answers['eth_getTransactionReceipt'] = { status: '0x0', blockNumber: '0x5', gasUsed: '0x1', effectiveGasPrice: '0x1' }
  expect(await send('--from', '0', '--to', '1', '--value', '1', '--wait')).toMatchObject({ code: 1 })
})

const paysOnce: [when: string, method: string, answer: unknown][] = [
  ['it is not final in time', 'eth_getTransactionReceipt', null],
  ['the node goes away while it waits', 'eth_getTransactionReceipt', CUT],
  ['the node refuses to say', 'eth_getTransactionReceipt', undefined],
  ['nobody says whether it was taken', 'eth_sendRawTransaction', CUT],
]

it.each(paysOnce)('is never told to send again what it has sent: %s', async (_, method, answer) => {
  answers[method] = answer
  const { code, err } = await send('--from', '0', '--to', '1', '--value', '1', '--wait', '--timeout', '1')
  const [envelope = '0x'] = sent
  expect({ code, sent: sent.length }).toEqual({ code: 1, sent: 1 })
  expect(err).toContain(`"tertia tx show ${keccak256(envelope)} ${rpc.join(' ')}"`)
})

it('may be tried again when no node was there to send to', async () => {
  answers['eth_chainId'] = CUT
  expect(await send('--from', '0', '--to', '1', '--value', '1')).toMatchObject({ code: 75 })
})

it('offers no public key outside the devnet', async () => {
  answers['eth_chainId'] = '0x1'
  const { code, err } = await send('--from', '0', '--to', SECOND, '--value', '1')
  expect({ code, sent }).toEqual({ code: 2, sent: [] })
  expect(err).toContain('this is chain 1')
})

it('passes on why the node refuses', async () => {
  answers['eth_estimateGas'] = undefined
  const { code, err } = await send('--from', '0', '--to', '1', '--value', '1')
  expect({ code, err }).toEqual({ code: 1, err: 'tertia: the node refuses: no eth_estimateGas\n' })
})

it.each([
  ['a bad private key', ['--from', '0x00', '--to', '1']],
  ['a sender that is nothing', ['--from', 'somebody', '--to', '1']],
  ['a recipient that is nothing', ['--from', '0', '--to', 'somebody']],
  ['an account beyond the last', ['--from', '0', '--to', '9999']],
])('refuses %s before anything is sent', async (_, args) => {
  const { code } = await send(...args, '--value', '1')
  expect({ code, sent }).toEqual({ code: 2, sent: [] })
})
