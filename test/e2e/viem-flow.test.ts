/** All that an application does with viem, against four replicas of which one dies in the middle. */
import {
  createPublicClient,
  custom,
  type EIP1193RequestFn,
  type Hex,
  http,
  type ReplacementReason,
  stringToHex,
  type Transport,
  webSocket,
} from 'viem'
import { describe, expect, it } from 'vitest'
import { keyValue } from '../../src/ledger/modules/key-value.ts'
import { account, CHAIN_ID, chain, freshAddress, GENESIS_BALANCE, receiptFrom, wallet } from './harness/clients.ts'
import { eventually } from './harness/processes.ts'
import { useDevnet } from './harness/use-devnet.ts'

const devnet = useDevnet()
const VICTIM = 3
const { address, abi } = keyValue
/** As answers have it. */
const sender = account(0).address.toLowerCase() as Hex

function client() {
  return createPublicClient({ chain, transport: http(devnet().url(0)), pollingInterval: 100 })
}

async function send(type: 'legacy' | 'eip2930' | 'eip1559'): Promise<void> {
  const to = freshAddress()
  const nonce = await client().getTransactionCount({ address: sender, blockTag: 'pending' })
  const hash = await wallet(devnet().url(0), 0).sendTransaction({ to, value: 7n, type })
  const receipt = await receiptFrom(devnet().url(0), hash)
  expect(receipt).toMatchObject({ status: 'success', type, from: sender, to, gasUsed: 21_000n })
  expect(await client().getTransaction({ hash })).toMatchObject({ type, nonce, value: 7n })
  expect(await client().getBalance({ address: to })).toBe(7n)
  expect(await client().getTransactionCount({ address: sender })).toBe(nonce + 1)
}

/** A client that notes which questions were answered: what it has seen. */
function noting(answered: string[]) {
  const { request } = client()
  const noted: EIP1193RequestFn = async (question: { method: string }) => {
    const answer: unknown = await request(question as Parameters<typeof request>[0])
    answered.push(question.method)
    return answer as never
  }
  return createPublicClient({ chain, transport: custom({ request: noted }), pollingInterval: 100 })
}

/** The first waits in the pool behind a gap until its successor has taken its nonce, and who waits for it hears of that. */
async function replace(
  reason: ReplacementReason,
  changed: { readonly to?: Hex; readonly value?: bigint } = {},
): Promise<void> {
  const own = wallet(devnet().url(0), 0)
  const nonce = await client().getTransactionCount({ address: sender })
  const cap = { gas: 21_000n, maxFeePerGas: 4_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }
  const raised = { ...cap, maxFeePerGas: 8_000_000_000n, maxPriorityFeePerGas: 2_000_000_000n }
  const transfer = { to: freshAddress(), value: 1n, nonce: nonce + 1 }
  const first = await own.sendTransaction({ ...cap, ...transfer })
  expect(await client().getTransaction({ hash: first })).toMatchObject({ blockHash: null, nonce: nonce + 1 })
  const seen: string[] = []
  const reasons: string[] = []
  const waiting = noting(seen).waitForTransactionReceipt({
    hash: first,
    timeout: 20_000,
    onReplaced: (replacement) => reasons.push(replacement.reason),
  })
  await eventually('a client that has seen it', () => (seen.includes('eth_getTransactionByHash') ? true : undefined))
  const second = await own.sendTransaction({ ...raised, ...transfer, ...changed })
  await own.sendTransaction({ ...cap, to: freshAddress(), value: 1n, nonce })
  expect(await waiting).toMatchObject({ status: 'success', transactionHash: second })
  expect(reasons).toEqual([reason])
  expect(await client().getTransactionCount({ address: sender })).toBe(nonce + 2)
  await expect(client().getTransactionReceipt({ hash: first })).rejects.toThrow('could not be found')
  const late = { hash: first, replacement: { ...transfer, from: sender, input: '0x' }, timeout: 20_000 } as const
  expect((await client().waitForTransactionReceipt(late)).transactionHash).toBe(second)
}

function put(value: string): Promise<Hex> {
  const args = [stringToHex('colour', { size: 32 }), stringToHex(value)] as const
  return wallet(devnet().url(0), 0).writeContract({ address, abi, functionName: 'put', args })
}

async function watch(transport: Transport): Promise<void> {
  const watcher = createPublicClient({ chain, transport, pollingInterval: 100 })
  const blocks: bigint[] = []
  const pending: Hex[] = []
  const events: Hex[] = []
  const unwatch = [
    watcher.watchBlocks({ emitMissed: true, onBlock: ({ number }) => blocks.push(number) }),
    watcher.watchPendingTransactions({ onTransactions: (hashes) => pending.push(...hashes) }),
    watcher.watchContractEvent({
      address,
      abi,
      eventName: 'Put',
      onLogs: (logs) => events.push(...logs.flatMap(({ transactionHash }) => transactionHash ?? [])),
    }),
  ]
  const sent: Hex[] = []
  await eventually('blocks, transactions and events of what was put', async () => {
    const hash = await put(`value ${sent.length}`)
    sent.push(hash)
    await receiptFrom(devnet().url(0), hash)
    return blocks.length > 0 && sent.some((each) => pending.includes(each) && events.includes(each)) ? true : undefined
  })
  for (const stop of unwatch) stop()
}

function flow(): void {
  it.each(['legacy', 'eip2930', 'eip1559'] as const)('sends a %s transfer and reads nonces, receipt and balance', send)

  it('pays more for a transaction that waits', () => replace('repriced'))

  it('replaces a transaction that waits', () => replace('replaced', { to: freshAddress(), value: 2n }))

  it('cancels a transaction that waits', () => replace('cancelled', { to: sender, value: 0n }))

  it('watches blocks, pending transactions and events by polling', () => watch(http(devnet().url(0))))

  it('watches the same over WebSocket', async () => {
    const transport = webSocket(devnet().url(0).replace('http', 'ws'))
    await watch(transport)
    const connection = createPublicClient({ chain, transport })
    ;(await connection.transport.getRpcClient()).close()
  })

  it('reads logs, proofs and the fee history', async () => {
    const hash = await put('green')
    const { blockNumber } = await receiptFrom(devnet().url(0), hash)
    const logs = await client().getLogs({ address, fromBlock: blockNumber, toBlock: blockNumber })
    expect(logs.map(({ transactionHash }) => transactionHash)).toEqual([hash])
    const at = { address: sender, blockNumber }
    const proof = await client().getProof({ ...at, storageKeys: [] })
    expect(proof.balance).toBe(await client().getBalance(at))
    expect(proof.nonce).toBe(await client().getTransactionCount(at))
    expect(proof.accountProof.length).toBeGreaterThan(0)
    const history = await client().getFeeHistory({ blockCount: 2, blockNumber, rewardPercentiles: [20] })
    expect(history.oldestBlock).toBe(blockNumber - 1n)
    expect(history.baseFeePerGas).toHaveLength(3)
    expect(history.reward).toHaveLength(2)
  })
}

describe('with four replicas, viem', () => {
  it('connects and reads the balance of genesis', async () => {
    expect(await client().getChainId()).toBe(CHAIN_ID)
    expect(await client().getBalance({ address: account(9).address })).toBe(GENESIS_BALANCE)
  })
  flow()
})

describe('after one was killed, viem', () => {
  it('goes on as before', async () => {
    await devnet().kill(VICTIM)
    await send('eip1559')
  })
  flow()
})
