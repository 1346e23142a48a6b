/** Clients that other people wrote, unmodified, against a network of real processes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { HDNodeWallet, JsonRpcProvider } from 'ethers'
import { createPublicClient, type Hex, parseEther, stringToHex, webSocket } from 'viem'
import { describe, expect, it } from 'vitest'
import { keyValue } from '../../src/ledger/modules/key-value.ts'
import { account, chain, freshAddress, MNEMONIC, reader, receiptFrom, wallet } from './harness/clients.ts'
import { foundryProgram } from './harness/foundry.ts'
import { eventually, run } from './harness/processes.ts'
import { useDevnet } from './harness/use-devnet.ts'

const devnet = useDevnet('--accounts', '20')
const TYPES = ['legacy', 'eip2930', 'eip1559'] as const
const REPLICAS = [0, 1, 2, 3, 4]
/** Where the observer stands in devnet.json. */
const OBSERVER = 4

/** Every replica, the observer included, says the same of the address and of the block. */
async function expectEverywhere(address: Hex, balance: bigint, hash: Hex): Promise<void> {
  const first = await reader(devnet().url(0)).waitForTransactionReceipt({ hash })
  for (const index of REPLICAS) {
    const receipt = await receiptFrom(devnet().url(index), hash)
    expect({ index, ...receipt }).toEqual({ index, ...first })
    expect(receipt.status).toBe('success')
    expect(await reader(devnet().url(index)).getBalance({ address })).toBe(balance)
  }
}

/**
 * ethers 6.17 asks for the receipt, then for the number of the block that it counts from: where the
 * transfer's block comes between the two and none follows, `wait` waits for ever.
 */
async function whileOthersSend<T>(wait: () => Promise<T>): Promise<T> {
  const other = wallet(devnet().url(3), 6)
  const done = new AbortController()
  const sending = (async () => {
    while (!done.signal.aborted) {
      await sleep(1_000)
      await other.sendTransaction({ to: freshAddress(), value: 1n })
    }
  })()
  try {
    return await wait()
  } finally {
    done.abort()
    await sending
  }
}

describe('viem', () => {
  it.each(TYPES)('sends a %s transfer whose receipt and balance every replica has', async (type) => {
    const to = freshAddress()
    const sender = wallet(devnet().url(TYPES.indexOf(type)), 0)
    const hash = await sender.sendTransaction({ to, value: parseEther('1'), type })
    await expectEverywhere(to, parseEther('1'), hash)
    expect((await reader(devnet().url(OBSERVER)).getTransaction({ hash })).type).toBe(type)
  })

  it('sends through the observer', async () => {
    const to = freshAddress()
    const hash = await wallet(devnet().url(OBSERVER), 1).sendTransaction({ to, value: 5n })
    await expectEverywhere(to, 5n, hash)
  })

  it('puts and gets in the replicated database', async () => {
    const { address, abi } = keyValue
    const key = stringToHex('colour', { size: 32 })
    const hash = await wallet(devnet().url(1), 2).writeContract({
      address,
      abi,
      functionName: 'put',
      args: [key, stringToHex('green')],
    })
    for (const index of REPLICAS) {
      const client = reader(devnet().url(index))
      const receipt = await receiptFrom(devnet().url(index), hash)
      expect(receipt.status).toBe('success')
      expect(receipt.logs).toHaveLength(1)
      const args = [account(2).address, key] as const
      expect(await client.readContract({ address, abi, functionName: 'get', args })).toBe(stringToHex('green'))
    }
  })

  it('hears of new heads over WebSocket', async () => {
    const client = createPublicClient({ chain, transport: webSocket(devnet().url(OBSERVER).replace('http', 'ws')) })
    const heads: bigint[] = []
    const unwatch = client.watchBlocks({ onBlock: ({ number }) => heads.push(number) })
    await client.getChainId()
    const hash = await wallet(devnet().url(0), 3).sendTransaction({ to: freshAddress(), value: 1n })
    const { blockNumber } = await receiptFrom(devnet().url(OBSERVER), hash)
    await eventually(`the head ${blockNumber}`, () => (heads.includes(blockNumber) ? true : undefined))
    unwatch()
    ;(await client.transport.getRpcClient()).close()
  })
})

describe('ethers', () => {
  it.each([0, 1, 2])('sends a transfer of type %i whose receipt and balance every replica has', async (type) => {
    const provider = new JsonRpcProvider(devnet().url(type), undefined, { polling: true, pollingInterval: 50 })
    const to = freshAddress()
    const sender = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0/4").connect(provider)
    const sent = await sender.sendTransaction({ to, value: 7n, type })
    const receipt = await whileOthersSend(() => sent.wait())
    expect(receipt?.status).toBe(1)
    expect(receipt?.type).toBe(type)
    await expectEverywhere(to, 7n, sent.hash as Hex)
    for (const index of REPLICAS) {
      const other = new JsonRpcProvider(devnet().url(index))
      expect(await other.getBalance(to)).toBe(7n)
      other.destroy()
    }
    provider.destroy()
  })
})

const CAST = foundryProgram('cast')

describe('cast', () => {
  async function cast(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run(CAST, args).ended
    expect(stderr).toBe('')
    expect(code).toBe(0)
    return stdout.trim()
  }

  it.each([
    { type: 'legacy', flags: ['--legacy'] },
    { type: 'eip2930', flags: ['--legacy', '--access-list', '[]'] },
    { type: 'eip1559', flags: [] },
  ])('sends a transfer of type $type whose receipt and balance every replica has', async ({ type, flags }) => {
    const key = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0/5").privateKey
    const to = freshAddress()
    const common = ['send', to, '--value', '9', '--private-key', key, '--json', '--poll-interval', '1']
    const receipt = JSON.parse(await cast(...common, ...flags, '--rpc-url', devnet().url(2))) as {
      readonly status: Hex
      readonly transactionHash: Hex
    }
    expect(receipt.status).toBe('0x1')
    await expectEverywhere(to, 9n, receipt.transactionHash)
    const balances = REPLICAS.map((index) => cast('balance', to, '--rpc-url', devnet().url(index)))
    expect(await Promise.all(balances)).toEqual(REPLICAS.map(() => '9'))
    expect((await reader(devnet().url(0)).getTransaction({ hash: receipt.transactionHash })).type).toBe(type)
  })
})

describe('all replicas', () => {
  it('have the same block, with the same state root, at every height', async () => {
    const height = await reader(devnet().url(0)).getBlockNumber()
    expect(height).toBeGreaterThan(0n)
    for (let blockNumber = 0n; blockNumber <= height; blockNumber++) {
      const blocks = await Promise.all(
        REPLICAS.map((index) =>
          eventually(`block ${blockNumber}`, () => reader(devnet().url(index)).getBlock({ blockNumber })),
        ),
      )
      expect(new Set(blocks.map(({ hash }) => hash)).size).toBe(1)
      expect(new Set(blocks.map(({ stateRoot }) => stateRoot)).size).toBe(1)
    }
  })
})
