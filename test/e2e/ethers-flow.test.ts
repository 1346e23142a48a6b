/** All that an application does with ethers, against four replicas of which one dies in the middle. */
import { Contract, encodeBytes32String, HDNodeWallet, JsonRpcProvider, WebSocketProvider } from 'ethers'
import type { Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyValue } from '../../src/ledger/modules/key-value.ts'
import { CHAIN_ID, freshAddress, GENESIS_BALANCE, MNEMONIC, receiptFrom } from './harness/clients.ts'
import { eventually } from './harness/processes.ts'
import { useDevnet } from './harness/use-devnet.ts'

const devnet = useDevnet()
const VICTIM = 3
const GWEI = 1_000_000_000n
const ABI = [
  'function put(bytes32 key, bytes value)',
  'event Put(address indexed owner, bytes32 indexed key, bytes value)',
]

let provider: JsonRpcProvider
let sender: HDNodeWallet

beforeAll(() => {
  provider = new JsonRpcProvider(devnet().url(0), undefined, { polling: true, pollingInterval: 100, cacheTimeout: -1 })
  sender = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0/0").connect(provider)
})
afterAll(() => provider.destroy())

async function final(hash: string) {
  await receiptFrom(devnet().url(0), hash as Hex)
  return provider.getTransactionReceipt(hash)
}

async function send(type: number): Promise<void> {
  const to = freshAddress()
  const nonce = await sender.getNonce()
  const { hash } = await sender.sendTransaction({ to, value: 7n, type })
  expect(await final(hash)).toMatchObject({ status: 1, type, from: sender.address, gasUsed: 21_000n })
  expect(await provider.getTransaction(hash)).toMatchObject({ type, nonce, value: 7n })
  expect(await provider.getBalance(to)).toBe(7n)
  expect(await sender.getNonce()).toBe(nonce + 1)
}

/** The first waits in the pool behind a gap until its successor has taken its nonce, and who waits for it hears of that. */
async function replace(reason: string, changed: { readonly to?: string; readonly value?: bigint } = {}): Promise<void> {
  const nonce = await sender.getNonce()
  const cap = { gasLimit: 21_000n, maxFeePerGas: 4n * GWEI, maxPriorityFeePerGas: GWEI }
  const raised = { ...cap, maxFeePerGas: 8n * GWEI, maxPriorityFeePerGas: 2n * GWEI }
  const transfer = { to: freshAddress(), value: 1n, nonce: nonce + 1 }
  const first = await sender.sendTransaction({ ...cap, ...transfer })
  const outcomes: unknown[] = []
  const waiting = first.wait().then(
    (receipt) => outcomes.push(receipt),
    (error: unknown) => outcomes.push(error),
  )
  const second = await sender.sendTransaction({ ...raised, ...transfer, ...changed })
  await sender.sendTransaction({ ...cap, to: freshAddress(), value: 1n, nonce })
  expect((await final(second.hash))?.status).toBe(1)
  // It looks when a block comes, and not at the one that came before it listened.
  await eventually('the replacement', async () => {
    if (outcomes.length === 0) await final((await sender.sendTransaction({ to: freshAddress(), value: 1n })).hash)
    return outcomes[0]
  })
  await waiting
  expect(outcomes).toMatchObject([{ code: 'TRANSACTION_REPLACED', reason, replacement: { hash: second.hash } }])
  expect(await provider.getTransactionReceipt(first.hash)).toBeNull()
}

function put(value: string): Promise<{ readonly hash: string }> {
  const data = new Contract(keyValue.address, ABI).interface.encodeFunctionData('put', [
    encodeBytes32String('colour'),
    Buffer.from(value),
  ])
  return sender.sendTransaction({ to: keyValue.address, data })
}

async function watch(watcher: JsonRpcProvider | WebSocketProvider): Promise<void> {
  const blocks: number[] = []
  const pending: string[] = []
  const events: string[] = []
  await watcher.on('block', (number: number) => blocks.push(number))
  await watcher.on('pending', (hash: string) => pending.push(hash))
  await watcher.on({ address: keyValue.address }, (log: { readonly transactionHash: string }) =>
    events.push(log.transactionHash),
  )
  const sent: string[] = []
  await eventually('blocks, transactions and events of what was put', async () => {
    const { hash } = await put(`value ${sent.length}`)
    sent.push(hash)
    await final(hash)
    return blocks.length > 0 &&
      sent.some((each) => pending.includes(each)) &&
      sent.some((each) => events.includes(each))
      ? true
      : undefined
  })
  await watcher.removeAllListeners()
  // It does not wait for the end of its subscriptions, but answers come in the order of the questions.
  await watcher.send('eth_blockNumber', [])
}

function flow(): void {
  it.each([0, 1, 2])('sends a transfer of type %i and reads nonces, receipt and balance', send)

  it('pays more for a transaction that waits', () => replace('repriced'))

  it('replaces a transaction that waits', () => replace('replaced', { to: freshAddress(), value: 2n }))

  it('cancels a transaction that waits', () => replace('cancelled', { to: sender.address, value: 0n }))

  it('watches blocks, pending transactions and events by polling', () => watch(provider))

  it('watches the same over WebSocket', async () => {
    const watcher = new WebSocketProvider(devnet().url(0).replace('http', 'ws'))
    await watch(watcher)
    await watcher.destroy()
  })

  it('reads logs, proofs and the fee history', async () => {
    const { hash } = await put('green')
    const block = (await final(hash))?.blockNumber ?? Number.NaN
    const logs = await provider.getLogs({ address: keyValue.address, fromBlock: block, toBlock: block })
    expect(logs.map(({ transactionHash }) => transactionHash)).toEqual([hash])
    const proof = (await provider.send('eth_getProof', [sender.address, [], 'latest'])) as { readonly nonce: string }
    expect(Number(proof.nonce)).toBe(await sender.getNonce())
    const history = (await provider.send('eth_feeHistory', ['0x2', 'latest', [20]])) as {
      readonly baseFeePerGas: unknown
      readonly reward: unknown
    }
    expect(history.baseFeePerGas).toHaveLength(3)
    expect(history.reward).toHaveLength(2)
  })
}

describe('with four replicas, ethers', () => {
  it('connects and reads the balance of genesis', async () => {
    expect((await provider.getNetwork()).chainId).toBe(BigInt(CHAIN_ID))
    expect(await provider.getBalance(HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0/9").address)).toBe(
      GENESIS_BALANCE,
    )
  })
  flow()
})

describe('after one was killed, ethers', () => {
  it('goes on as before', async () => {
    await devnet().kill(VICTIM)
    await send(2)
  })
  flow()
})
