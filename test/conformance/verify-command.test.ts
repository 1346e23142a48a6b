/** `tertia verify` against a node that runs, and against another network. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createWalletClient, http } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { namedNetwork } from '../../src/cli/genesis-hash.ts'
import { runCli } from '../../src/cli/run.ts'
import { flipped, type Json, lieInProof, lieInSets, lieTo, serveLies } from './lies.ts'
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

const run = (...args: string[]) => runAt(node.url, ...args)

async function runAt(url: string, ...args: string[]) {
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
  return { code: await runCli(['verify', ...args, '--rpc', url], io), ...printed }
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

it('takes the fault model from the genesis file, and no other', async () => {
  const file = join(node.dataDir, 'genesis.json')
  const crash = join(node.dataDir, 'crash.json')
  writeFileSync(crash, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as Json), faultModel: 'crash' }))
  expect(await namedNetwork(file)).toEqual({ hash: node.genesisHash, faultModel: 'byzantine' })
  expect((await namedNetwork(crash)).faultModel).toBe('crash')
  expect(await run('set', '--genesis', file)).toMatchObject({ code: 0 })
  expect(await run('set', '--genesis', file, '--fault-model', 'crash')).toMatchObject({ code: 2, out: '' })
})

it('fails in one line when the node is of another network', async () => {
  const { code, err } = await run('balance', RECIPIENT, '--genesis', `0x${'ab'.repeat(32)}`)
  expect(code).toBe(1)
  expect(err).toMatch(/^tertia: NOT VERIFIED: the server is of the network 0x[0-9a-f]{64}\n$/)
})

const otherSignatures = lieInProof(({ certificate }) => {
  certificate.signatures = certificate.signatures.map((signature) => flipped(signature))
})
const otherSet = lieInSets((links) => {
  for (const each of links[0]?.validators ?? []) each['consensusKey'] = flipped(String(each['consensusKey']))
})

it.each([
  ['a wrong balance', lieTo('eth_getProof', (proof: Json) => ({ ...proof, balance: '0xffff' })), 'balance', RECIPIENT],
  ['a forged proof', lieTo('eth_getProof', (proof: Json) => ({ ...proof, accountProof: [] })), 'balance', RECIPIENT],
  ['a wrong signature', otherSignatures, 'balance', RECIPIENT],
  ['a transfer that failed', lieTo('eth_getTransactionReceipt', (said: Json) => ({ ...said, status: '0x0' })), 'tx'],
  ['a forged receipt', lieTo('debug_getRawReceipts', (raw: string[]) => raw.map((each) => flipped(each))), 'tx'],
  ['a wrong signature', otherSignatures, 'header', 'latest'],
  ['another header', lieInProof((proof) => (proof.headers = [flipped(proof.headers[0], 20)])), 'header', 'latest'],
  ['a forged set', otherSet, 'set'],
])('does not believe a server that tells of %s', async (_, lie, what, subject = '') => {
  const server = await serveLies(node.url, lie)
  const named = what === 'tx' ? hash : subject
  const args = named === '' ? [what] : [what, named]
  const { code, out, err } = await runAt(server.url, ...args, '--genesis', node.genesisHash)
  server.close()
  expect(err).toMatch(/^tertia: NOT VERIFIED: /)
  expect({ code, out }).toEqual({ code: 1, out: '' })
})
