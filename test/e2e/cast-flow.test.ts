/** All that a person does with Foundry's cast, against four replicas of which one dies in the middle. */
import { HDNodeWallet } from 'ethers'
import type { Hex } from 'viem'
import { describe, expect, it } from 'vitest'
import { keyValue } from '../../src/ledger/modules/key-value.ts'
import { account, CHAIN_ID, freshAddress, GENESIS_BALANCE, MNEMONIC, receiptFrom } from './harness/clients.ts'
import { foundryProgram } from './harness/foundry.ts'
import { eventually, run } from './harness/processes.ts'
import { useDevnet } from './harness/use-devnet.ts'

const devnet = useDevnet()
const VICTIM = 3
const CAST = foundryProgram('cast')
const KEY = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0/0").privateKey
const sender = account(0).address
const COLOUR = `0x${Buffer.from('colour').toString('hex').padEnd(64, '0')}`
const CHEAP = ['--gas-limit', '21000', '--gas-price', '4gwei', '--priority-gas-price', '1gwei']
const DEAR = ['--gas-limit', '21000', '--gas-price', '8gwei', '--priority-gas-price', '2gwei']

interface Receipt {
  readonly status: Hex
  readonly type: Hex
  readonly from: Hex
  readonly to: Hex
  readonly blockNumber: Hex
  readonly transactionHash: Hex
}

async function cast(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(CAST, [...args, '--rpc-url', devnet().url(0)]).ended
  if (code !== 0) throw new Error(`cast ${args.join(' ')} ended with ${code}: ${stderr}`)
  return stdout.trim()
}

async function send(...args: readonly string[]): Promise<Receipt> {
  const common = ['--private-key', KEY, '--json', '--poll-interval', '1']
  return JSON.parse(await cast('send', ...args, ...common)) as Receipt
}

/** Its hash, while it waits in the pool. */
async function sendAsync(...args: readonly string[]): Promise<Hex> {
  return (await cast('send', ...args, '--private-key', KEY, '--async')) as Hex
}

async function transfer(type: Hex, flags: readonly string[]): Promise<void> {
  const to = freshAddress()
  const nonce = Number(await cast('nonce', sender))
  const { transactionHash: hash, ...receipt } = await send(to, '--value', '7', ...flags)
  expect(receipt).toMatchObject({ status: '0x1', type, from: sender.toLowerCase(), to })
  expect(await cast('receipt', hash, 'status')).toBe('true')
  expect(await cast('tx', hash, 'nonce')).toBe(String(nonce))
  expect(await cast('balance', to)).toBe('7')
  expect(await cast('nonce', sender)).toBe(String(nonce + 1))
}

/** The first waits in the pool behind a gap until its successor has taken its nonce. */
async function replace(to: string, value: string): Promise<void> {
  const nonce = Number(await cast('nonce', sender))
  const next = ['--nonce', String(nonce + 1)]
  const first = await sendAsync(freshAddress(), '--value', '1', ...CHEAP, ...next)
  expect(JSON.parse(await cast('tx-pool', 'content-from', '--from', sender))).toMatchObject({
    queued: { [String(nonce + 1)]: { hash: first } },
  })
  const second = await sendAsync(to, '--value', value, ...DEAR, ...next)
  await sendAsync(freshAddress(), '--value', '1', ...CHEAP, '--nonce', String(nonce))
  expect((await receiptFrom(devnet().url(0), second)).status).toBe('success')
  expect(await cast('nonce', sender)).toBe(String(nonce + 2))
  expect(await cast('rpc', 'eth_getTransactionReceipt', first)).toBe('null')
}

function put(value: string): Promise<Receipt> {
  return send(keyValue.address, 'put(bytes32,bytes)', COLOUR, `0x${Buffer.from(value).toString('hex')}`)
}

async function changes(filter: string): Promise<readonly string[]> {
  return JSON.parse(await cast('rpc', 'eth_getFilterChanges', filter)) as readonly string[]
}

async function watch(): Promise<void> {
  const made = ['eth_newBlockFilter', 'eth_newPendingTransactionFilter'].map(async (method) =>
    String(JSON.parse(await cast('rpc', method))),
  )
  const [blocks = '', pending = ''] = await Promise.all(made)
  const { transactionHash, blockNumber } = await put('red')
  expect(await changes(pending)).toContain(transactionHash)
  expect(await changes(blocks)).toContain(await cast('block', String(Number(blockNumber)), '--field', 'hash'))
  expect(Number(await cast('block-number'))).toBeGreaterThanOrEqual(Number(blockNumber))
}

/** A process that goes on until it is stopped, and prints each event as it comes. */
async function stream(): Promise<void> {
  const url = devnet().url(0).replace('http', 'ws')
  const args = ['logs', '--address', keyValue.address, '--subscribe', '--rpc-url', url]
  const watcher = run(CAST, args)
  try {
    const hashes: string[] = []
    await eventually('an event of what was put', async () => {
      hashes.push((await put(`value ${hashes.length}`)).transactionHash)
      return hashes.some((hash) => watcher.stdout().includes(hash)) ? true : undefined
    })
  } finally {
    watcher.child.kill()
    await watcher.ended
  }
}

function flow(): void {
  it.each([
    ['0x0', ['--legacy']],
    ['0x1', ['--legacy', '--access-list', '[]']],
    ['0x2', []],
  ] as const)('sends a transfer of type %s and reads nonces, receipt and balance', transfer)

  it('replaces a transaction that waits', () => replace(freshAddress(), '2'))

  it('cancels a transaction that waits', () => replace(sender, '0'))

  it('watches blocks and pending transactions by polling', watch)

  it('watches events over WebSocket', stream)

  it('reads logs, values, proofs and the fee history', async () => {
    const { transactionHash, blockNumber } = await put('green')
    const range = ['--from-block', blockNumber, '--to-block', blockNumber]
    const logs = await cast('logs', '--address', keyValue.address, ...range, '--json')
    expect(JSON.parse(logs)).toMatchObject([{ transactionHash }])
    const value = await cast('call', keyValue.address, 'get(address,bytes32)(bytes)', sender, COLOUR)
    expect(value).toBe(`0x${Buffer.from('green').toString('hex')}`)
    const proof = JSON.parse(await cast('proof', sender)) as { readonly nonce: Hex; readonly accountProof: unknown }
    expect(Number(proof.nonce)).toBe(Number(await cast('nonce', sender)))
    expect(proof.accountProof).not.toHaveLength(0)
    const history = JSON.parse(await cast('rpc', 'eth_feeHistory', '0x2', 'latest', '[20]')) as {
      readonly baseFeePerGas: unknown
      readonly reward: unknown
    }
    expect(history.baseFeePerGas).toHaveLength(3)
    expect(history.reward).toHaveLength(2)
  })
}

describe('with four replicas, cast', () => {
  it('connects and reads the balance of genesis', async () => {
    expect(await cast('chain-id')).toBe(String(CHAIN_ID))
    expect(await cast('client')).toMatch(/^tertia\//)
    expect(await cast('balance', account(9).address)).toBe(String(GENESIS_BALANCE))
  })
  flow()
})

describe('after one was killed, cast', () => {
  it('goes on as before', async () => {
    await devnet().kill(VICTIM)
    await transfer('0x2', [])
  })
  flow()
})
