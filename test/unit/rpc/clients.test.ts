/** The measure of the interface: clients that other people wrote, unmodified. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { HDNodeWallet, JsonRpcProvider, WebSocketProvider } from 'ethers'
import { createPublicClient, createWalletClient, defineChain, http, parseEther, webSocket } from 'viem'
import { describe, expect, it } from 'vitest'
import { CHAIN_ID, MODULE_ADDRESS } from './fake-node.ts'
import { account, MNEMONIC, RECIPIENT, SENDER, startServer } from './harness.ts'

const chain = defineChain({
  id: CHAIN_ID,
  name: 'test',
  nativeCurrency: { name: 'coin', symbol: 'COIN', decimals: 18 },
  rpcUrls: { default: { http: [] } },
})

describe('viem', () => {
  it.each(['legacy', 'eip2930', 'eip1559'] as const)(
    'connects, sends a %s transfer and reads all of it',
    async (type) => {
      const { url } = await startServer()
      const client = createPublicClient({ chain, transport: http(url), pollingInterval: 20 })
      const wallet = createWalletClient({ chain, account, transport: http(url) })
      expect(await client.getChainId()).toBe(CHAIN_ID)
      const hash = await wallet.sendTransaction({ to: RECIPIENT, value: parseEther('1'), type })
      const receipt = await client.waitForTransactionReceipt({ hash })
      expect(receipt.status).toBe('success')
      expect(receipt.type).toBe(type)
      expect(await client.getBalance({ address: RECIPIENT })).toBe(parseEther('1'))
      expect(await client.getTransactionCount({ address: account.address })).toBe(1)
      const transaction = await client.getTransaction({ hash })
      expect(transaction.from).toBe(SENDER)
      expect(transaction.gasPrice).toBe(receipt.effectiveGasPrice)
      const block = await client.getBlock({ blockHash: receipt.blockHash, includeTransactions: true })
      expect(block.transactions[0]?.hash).toBe(hash)
    },
  )

  it('sends and waits in one request', async () => {
    const { url } = await startServer()
    const wallet = createWalletClient({ chain, account, transport: http(url) })
    const receipt = await wallet.sendTransactionSync({ to: RECIPIENT, value: 1n })
    expect(receipt.blockNumber).toBe(1n)
  })

  it('watches blocks, pending transactions and logs over WebSocket', async () => {
    const { webSocketUrl } = await startServer()
    const transport = webSocket(webSocketUrl)
    const client = createPublicClient({ chain, transport })
    const wallet = createWalletClient({ chain, account, transport })
    const number = new Promise<bigint>((resolve) => client.watchBlockNumber({ onBlockNumber: resolve }))
    const pending = new Promise<readonly string[]>((resolve) =>
      client.watchPendingTransactions({ onTransactions: resolve }),
    )
    const logs = new Promise<readonly { data: string }[]>((resolve) =>
      client.watchEvent({ address: MODULE_ADDRESS, onLogs: resolve }),
    )
    await client.getChainId()
    const hash = await wallet.sendTransaction({ to: MODULE_ADDRESS, data: '0x1234' })
    expect(await number).toBe(1n)
    expect(await pending).toEqual([hash])
    expect((await logs)[0]?.data).toBe('0x1234')
    ;(await client.transport.getRpcClient()).close()
  })

  it('reads fee history, proofs and logs', async () => {
    const { url } = await startServer()
    const client = createPublicClient({ chain, transport: http(url) })
    const wallet = createWalletClient({ chain, account, transport: http(url) })
    await wallet.sendTransactionSync({ to: MODULE_ADDRESS, data: '0x12' })
    const history = await client.getFeeHistory({ blockCount: 2, rewardPercentiles: [20, 80] })
    expect(history.baseFeePerGas).toHaveLength(3)
    expect(history.reward).toHaveLength(2)
    const proof = await client.getProof({ address: MODULE_ADDRESS, storageKeys: [`0x${'00'.repeat(32)}`] })
    expect(proof.storageProof).toHaveLength(1)
    expect(await client.getLogs({ address: MODULE_ADDRESS, fromBlock: 0n })).toHaveLength(1)
  })
})

describe('ethers', () => {
  it('connects, sends a transfer, waits for it and reads it', async () => {
    const { url } = await startServer()
    const provider = new JsonRpcProvider(url, undefined, { polling: true, pollingInterval: 20 })
    const wallet = HDNodeWallet.fromPhrase(MNEMONIC).connect(provider)
    const sent = await wallet.sendTransaction({ to: RECIPIENT, value: 5n })
    const receipt = await sent.wait()
    expect(receipt?.status).toBe(1)
    expect(await provider.getBalance(RECIPIENT)).toBe(5n)
    const block = await provider.getBlock(1, true)
    expect(block?.prefetchedTransactions[0]?.from.toLowerCase()).toBe(SENDER)
    provider.destroy()
  })

  it('hears of blocks over WebSocket', async () => {
    const { node, webSocketUrl } = await startServer()
    const provider = new WebSocketProvider(webSocketUrl)
    const block = new Promise<number>((resolve, reject) => {
      provider.on('block', resolve).catch(reject)
    })
    await provider.getBlockNumber()
    // The subscription is under way; blocks come until it hears one.
    const timer = setInterval(() => node.seal([]), 20)
    expect(await block).toBeGreaterThan(0)
    clearInterval(timer)
    await provider.destroy()
  })

  it('knows what is not there by the wording of the error', async () => {
    const { url } = await startServer()
    const provider = new JsonRpcProvider(url)
    await expect(provider.send('eth_sign', [])).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATION' })
    provider.destroy()
  })
})

const CAST = fileURLToPath(new URL('../../../node_modules/.bin/cast', import.meta.url))
const run = promisify(execFile)

describe('cast', () => {
  const key = HDNodeWallet.fromPhrase(MNEMONIC).privateKey

  async function cast(url: string, ...args: string[]): Promise<string> {
    const { stdout } = await run(CAST, [...args, '--rpc-url', url])
    return stdout.trim()
  }

  it.each([['--legacy'], ['--access-list', '[]'], []])(
    'sends a transfer (%s %s) and prints its receipt',
    async (...flags) => {
      const { url } = await startServer()
      const common = ['send', '--private-key', key, '--value', '7', '--json', '--poll-interval', '1']
      const receipt = JSON.parse(await cast(url, ...common, RECIPIENT, ...flags)) as {
        status: string
        transactionHash: string
      }
      expect(receipt.status).toBe('0x1')
      expect(await cast(url, 'balance', RECIPIENT)).toBe('7')
      expect(await cast(url, 'receipt', receipt.transactionHash, 'blockNumber')).toBe('1')
      expect(await cast(url, 'tx', receipt.transactionHash, 'value')).toBe('7')
    },
  )

  it('reads blocks, nonces, fee history, proofs, logs and the client', async () => {
    const { node, url } = await startServer()
    node.seal([])
    expect(await cast(url, 'block-number')).toBe('1')
    expect(await cast(url, 'chain-id')).toBe(String(CHAIN_ID))
    expect(await cast(url, 'nonce', SENDER)).toBe('0')
    expect(await cast(url, 'block', 'latest', '--field', 'hash')).toBe(node.head().hash)
    expect(await cast(url, 'gas-price')).toBe('1000000000')
    expect(JSON.parse(await cast(url, 'rpc', 'eth_feeHistory', '0xa', 'latest', '[20]'))).toHaveProperty('reward')
    expect(JSON.parse(await cast(url, 'proof', SENDER))).toHaveProperty('accountProof')
    expect(await cast(url, 'logs', '--from-block', '0', '--json')).toBe('[]')
    expect(await cast(url, 'client')).toBe(node.clientVersion)
    expect(await cast(url, 'code', MODULE_ADDRESS)).toBe('0xfe')
  })
})
