/**
 * A network of one validator governs itself by the commands that its operator types: what is proposed,
 * voted on, proven and changed is read back over RPC, and from the genesis hash on.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Address,
  type BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  http,
  parseAbi,
  stringToHex,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defined } from '../../src/base/invariant.ts'
import { validatorsAbi } from '../../src/ledger/modules/validators/abi.ts'
import { cli, temporaryDirectory } from '../unit/cli/cli-harness.ts'
import { doubleVote } from './double-vote.ts'
import { ask, chainOf, type SingleNode, startSingleNode } from './single-node.ts'

const CHAIN_ID = 13_371
const MODULE = '0x0000000000000000000000000000000000001000'
const UNKNOWN = `0x${'ab'.repeat(32)}` as const
const account = mnemonicToAccount('test test test test test test test test test test test junk')

let node: SingleNode

beforeAll(async () => {
  node = await startSingleNode({
    chainId: CHAIN_ID,
    alloc: { [account.address]: { balance: '0xc097ce7bc90715b34b9f' } },
  })
}, 120_000)

afterAll(() => node.stop())

/** Reads ask over HTTP. */
const read = (...args: string[]) => cli(...args, '--rpc', node.url)
/** Speaks for the validator, through the socket of its node. */
const speak = (...args: string[]) => cli('validator', ...args, '--data', node.dataDir)

async function json<T>(run: ReturnType<typeof cli>): Promise<T> {
  const { code, out, err } = await run
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as T
}

describe('tertia validator', () => {
  it('lists who agrees, by name', async () => {
    const { code, out } = await read('validator', 'list')
    expect(code).toBe(0)
    expect(out).toMatch(/^name .*\nv0 +0x[0-9a-f]{40} .* validator\n$/)
    const shown = await json<{ name: string; standing: string; jailed: boolean }>(
      read('validator', 'show', '0', '--json'),
    )
    expect(shown).toMatchObject({ name: 'v0', standing: 'validator', jailed: false, leads: true })
  })

  it('proposes and votes through the socket of the node, and the parameter changes', async () => {
    const { id } = await json<{ id: number }>(speak('propose', 'param', 'gasLimit', '60000000', '--json'))
    expect((await read('validator', 'list')).out).toContain(`#${id} open: gasLimit = 60000000; by v0`)
    expect((await speak('propose', 'param', 'gasLimit', '60000000')).err).toContain('is open already: vote on it')
    expect(await json(speak('vote', String(id), 'yes', '--json'))).toMatchObject({ id, approve: true, passed: true })
    expect(await read('validator', 'proposals', String(id))).toMatchObject({
      code: 0,
      out: expect.stringMatching(/passed: gasLimit = 60000000; .* 1 for \(v0\), 0 against \(nobody\)\n$/) as string,
    })
    const block = async () => (await ask(node.url, 'eth_getBlockByNumber', 'latest', false)) as { gasLimit: string }
    await spend(node)
    expect(Number((await block()).gasLimit)).toBe(60_000_000)
  })

  it('appoints a candidate from the file that its operator sends, and takes it back', async () => {
    const keys = join(temporaryDirectory(), 'keys')
    await cli('keys', 'new', '--out', keys, '--insecure-plain')
    const exported = [
      'keys',
      'export-public',
      '--keys',
      keys,
      '--name',
      'bob',
      '--announce',
      '/dns4/bob.example/tcp/30600',
    ]
    const file = join(temporaryDirectory(), 'bob.json')
    writeFileSync(file, (await cli(...exported, '--genesis', UNKNOWN)).out)
    expect((await speak('propose', 'add', file)).err).toContain(
      'proof of possession is not of this key on this network',
    )
    writeFileSync(file, (await cli(...exported)).out)
    expect(await speak('propose', 'add', file)).toMatchObject({
      code: 2,
      err: expect.stringContaining('has no proofOfPossession') as string,
    })
    writeFileSync(file, (await cli(...exported, '--genesis', node.genesisHash)).out)
    const { id } = await json<{ id: number }>(speak('propose', 'add', file, '--json'))
    await json(speak('vote', String(id), 'yes', '--json'))
    expect((await read('validator', 'list')).out).toMatch(/\nbob .* candidate, not ready\n/)
    const removal = await json<{ id: number }>(speak('propose', 'remove', 'bob', '--reason', 'a test', '--json'))
    expect((await read('validator', 'proposals')).out).toContain(`#${removal.id} open: remove bob (a test)`)
    await json(speak('vote', String(removal.id), 'yes', '--json'))
    expect(await json(read('validator', 'list', '--json'))).toMatchObject({ candidates: [] })
  })

  it.each([
    [['vote', '99', 'yes'], 1, 'there is no such proposal'],
    [['vote', '1', 'yes'], 1, 'the proposal has passed or expired'],
    [['propose', 'remove', 'nobody'], 1, 'nobody is no validator or candidate: v0'],
    [['propose', 'param', 'gasLimit', '5'], 1, 'out of its bounds'],
    [['propose', 'param', 'gravity', '5'], 1, 'there is no such parameter'],
    [['propose', 'param', 'targetValidators', '0'], 1, 'out of its bounds'],
    [['propose', 'param', 'gasLimit', 'much'], 2, 'a whole number'],
    [['propose', 'add', '--name', 'bob'], 2, 'give a file, or --key, --pop, --peer and --name'],
    [['vote', '1', 'perhaps'], 2, 'Expected yes or no'],
  ])('refuses %j in one line that says why', async (args, code, words) => {
    const run = await speak(...args)
    expect(run).toMatchObject({ code, out: '', err: expect.stringContaining(words) as string })
    expect(run.err.trim().split('\n')).toHaveLength(1)
  })

  it('says so where no node runs', async () => {
    const run = await cli('validator', 'vote', '1', 'yes', '--data', temporaryDirectory())
    expect(run).toMatchObject({ code: 75, err: expect.stringContaining('no node runs in') as string })
  })
})

describe('the module at its address', () => {
  const client = () => createPublicClient({ chain: chainOf(CHAIN_ID, node.url), transport: http(node.url) })
  const contract = { address: MODULE, abi: validatorsAbi } as const

  it('is read by viem like any contract', async () => {
    const [member, ...others] = await client().readContract({ ...contract, functionName: 'validators' })
    expect(others).toEqual([])
    expect(member).toMatchObject({ name: 'v0', standing: 1, jailed: false, leads: true })
    const shown = defined(member, 'the validator')
    expect(await client().readContract({ ...contract, functionName: 'validator', args: [shown.id] })).toEqual(member)
    const [first] = await client().readContract({ ...contract, functionName: 'proposals', args: [1n, 1n] })
    expect(first).toMatchObject({ id: 1n, kind: 2, status: 1, approvals: [shown.id], refusals: [] })
    const parameters = await client().readContract({ ...contract, functionName: 'params' })
    expect(parameters).toContainEqual({ key: stringToHex('gasLimit', { size: 32 }), value: 60_000_000n })
    const events = await client().getContractEvents({ ...contract, eventName: 'Passed', fromBlock: 0n })
    expect(events[0]?.args).toEqual({ id: 1n })
  })

  it('says to viem why it would refuse a call, and what one would cost', async () => {
    const [member] = await client().readContract({ ...contract, functionName: 'validators' })
    const { id } = defined(member, 'the validator')
    const vote = { ...contract, functionName: 'vote', args: [1n, true] } as const
    const refusal = (sender: Address) =>
      client()
        .simulateContract({ ...vote, account: sender })
        .catch((error: unknown) => (error as BaseError).walk((cause) => cause instanceof ContractFunctionRevertedError))
    expect(await refusal(account.address)).toMatchObject({ data: { errorName: 'NotValidator' } })
    expect(await refusal(id)).toMatchObject({ data: { errorName: 'Closed' } })
    await expect(client().estimateContractGas({ ...vote, account: id })).rejects.toThrow('Closed')
    const proposal = { ...contract, functionName: 'proposeRemove', args: [id, UNKNOWN, ''] } as const
    await expect(client().estimateContractGas({ ...proposal, account: id })).rejects.toThrow('BadEvidence')
    const recipient = { ...contract, functionName: 'setFeeRecipient', args: [account.address] } as const
    expect(await client().estimateContractGas({ ...recipient, account: id })).toBeGreaterThan(21_000n)
  })
})

describe('tertia evidence', () => {
  it('is judged, held, brought to the chain, and shown with what contradicts what', async () => {
    expect((await read('evidence', 'list')).out).toBe('nobody is accused\n')
    const evidence = doubleVote(node)
    expect((await read('evidence', 'submit', `${evidence.slice(0, -2)}00`)).err).toContain('the evidence is refused')
    const { id } = await json<{ id: string }>(read('evidence', 'submit', evidence, '--json'))
    expect((await read('evidence', 'submit', evidence)).err).toMatch(/known already|alreadyPunished/)
    await bringToChain(evidence)
    const { out } = await read('evidence', 'show', id)
    expect(out).toMatch(/double vote by v0, epoch 1, view 1000, on the chain in block \d+\n {2}blocks {5}0x/)
    expect(out).toContain(evidence)
    expect((await read('evidence', 'list')).out).toContain(`${id}  double vote by v0`)
    expect((await read('validator', 'show', 'v0')).out).toContain('state          jailed')
    expect((await speak('propose', 'param', 'gasLimit', '50000000')).err).toContain('or the validator is jailed')
  })

  it.each([
    [['show', UNKNOWN], 1, 'neither the node nor the chain has evidence'],
    [['submit', 'nonsense'], 2, 'neither hexadecimal nor a file that holds it'],
    [['submit', '0x00'], 1, 'this is no evidence'],
  ])('refuses %j in one line that says why', async (args, code, words) => {
    expect(await read('evidence', ...args)).toMatchObject({
      code,
      out: '',
      err: expect.stringContaining(words) as string,
    })
  })
})

describe('tertia validator rotate', () => {
  let ours: SingleNode

  beforeAll(async () => {
    ours = await startSingleNode({
      chainId: CHAIN_ID,
      alloc: { [account.address]: { balance: '0xc097ce7bc90715b34b9f' } },
    })
  }, 120_000)

  afterAll(() => ours.stop())

  it('gives the validator another key, which is proven from genesis on and has a signing record', async () => {
    const rotated = await cli('validator', 'rotate', '--data', ours.dataDir, '--json')
    expect(rotated).toMatchObject({ code: 0, err: '' })
    const made = JSON.parse(rotated.out) as { readonly path: string; readonly consensusKey: string }
    expect(existsSync(`${made.path}.signing`)).toBe(true)
    const { out } = await cli('verify', 'set', '--genesis', ours.genesisHash, '--rpc', ours.url)
    expect(out).toMatch(/^genesis ✓ {2}validator sets 2 ✓ .* epoch 2, 1 of 1 agree\n/)
    expect(out).toContain(made.consensusKey)
    expect((await cli('validator', 'list', '--rpc', ours.url)).out).toContain('epoch 2: v0 with another key')
    // Nobody else could make a block now.
    await spend(ours)
    ours = await ours.restart({})
    await spend(ours)
    expect((await cli('verify', 'header', '--genesis', ours.genesisHash, '--rpc', ours.url)).code).toBe(0)
  })
})

async function spend({ url }: SingleNode): Promise<void> {
  const wallet = createWalletClient({ account, chain: chainOf(CHAIN_ID, url), transport: http(url) })
  await wallet.sendTransactionSync({ to: account.address, value: 1n })
}

/** By anybody who pays for it, whether or not a validator is faster. */
async function bringToChain(evidence: `0x${string}`): Promise<void> {
  const wallet = createWalletClient({ account, chain: chainOf(CHAIN_ID, node.url), transport: http(node.url) })
  const data = encodeFunctionData({ abi: parseAbi(['function submitEvidence(bytes)']), args: [evidence] })
  await wallet.sendTransactionSync({ to: MODULE, data, gas: 2_000_000n })
}
