/** `tertia verify` against a node that runs, and against another network. */
import { createWalletClient, http } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCli } from '../../src/cli/run.ts'
import { chainOf, type SingleNode, startSingleNode } from './single-node.ts'

const CHAIN_ID = 13_371
const RECIPIENT = `0x${'99'.repeat(20)}` as const
const account = mnemonicToAccount('test test test test test test test test test test test junk')

let node: SingleNode
let hash: string

beforeAll(async () => {
  node = await startSingleNode({
    chainId: CHAIN_ID,
    consensus: { epochBlocksMax: 2, epochMsMin: 0 },
    alloc: { [account.address]: { balance: '0xc097ce7bc90715b34b9f' } },
  })
  const wallet = createWalletClient({ account, chain: chainOf(CHAIN_ID, node.url), transport: http(node.url) })
  hash = (await wallet.sendTransactionSync({ to: RECIPIENT, value: 10n ** 18n })).transactionHash
}, 120_000)

afterAll(() => node.stop())

async function run(...args: string[]) {
  const printed = { out: '', err: '' }
  const io = {
    out: (text: string) => {
      printed.out += text
    },
    err: (text: string) => {
      printed.err += text
    },
    interactive: false,
    askSecret: () => Promise.reject(new Error('nobody is asked')),
  }
  return { code: await runCli(['verify', ...args, '--rpc', node.url], io), ...printed }
}

it('verifies a balance, a transaction and a header from the genesis hash on', async () => {
  const genesis = ['--genesis', node.genesisHash]
  expect(await run('balance', RECIPIENT, ...genesis)).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /^genesis ✓ {2}validator sets [2-9] ✓ {2}certificate 1 of 1 ✓ {2}header→state root ✓ {2}proof ✓ {3}1\n$/,
    ) as string,
  })
  expect(await run('tx', hash, ...genesis)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/succeeded in block \d+\n$/) as string,
  })
  expect(await run('header', '0', ...genesis)).toMatchObject({
    code: 0,
    out: expect.stringMatching(new RegExp(node.genesisHash)) as string,
  })
})

it('verifies who agrees, through all epochs', async () => {
  const { code, out } = await run('set', '--genesis', node.genesisHash)
  expect(code).toBe(0)
  expect(out).toMatch(
    /^genesis ✓ {2}validator sets ([2-9]) ✓ .* epoch \1, 1 of 1 agree\n0x[0-9a-f]{40} {2}0x[0-9a-f]{66}\n$/,
  )
})

it('fails in one line when the node is of another network', async () => {
  const { code, err } = await run('balance', RECIPIENT, '--genesis', `0x${'ab'.repeat(32)}`)
  expect(code).toBe(1)
  expect(err).toMatch(/^tertia: NOT VERIFIED: the server is of the network 0x[0-9a-f]{64}\n$/)
})
