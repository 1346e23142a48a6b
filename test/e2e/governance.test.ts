/**
 * Operators govern a running network by hand: who is silent is voted out, the candidate takes its place, and
 * who was removed comes back. What is replayed, or is of another epoch or chain, moves nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeErrorResult, encodeFunctionData, type Hex, numberToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { statementDigest } from '../../src/crypto/digests.ts'
import { createSigner } from '../../src/crypto/secp256k1.ts'
import { validatorsAbi as abi } from '../../src/ledger/modules/validators/abi.ts'
import { SYSTEM_ADDRESS as address } from '../../src/ledger/system/system-account.ts'
import type { Vote } from '../../src/types/certificate.ts'
import { encodeEvidence } from '../../src/types/evidence.ts'
import type { Hash } from '../../src/types/ids.ts'
import { voteStatement } from '../../src/types/signing-domain.ts'
import { account, chain, freshAddress, reader, receiptFrom, wallet } from './harness/clients.ts'
import { eventually, tertia } from './harness/processes.ts'
import { rpc, rpcFailure } from './harness/raw-rpc.ts'
import { useDevnet } from './harness/use-devnet.ts'

const SILENT = 3
const SILENT_NAME = `v${SILENT}`
const CANDIDATE = 4
const OPERATORS = [0, 1, 2]
const FAR = 99
const OTHER_CHAIN = `0x${'77'.repeat(32)}` as Hash
const REVERTED = 3
/** A call that reverts has no estimate. */
const GAS = 500_000n

const devnet = useDevnet()

function of(node: number): readonly string[] {
  return ['--data', join(devnet().data, `node-${node}`)]
}

function at(node: number): readonly string[] {
  return ['--rpc', devnet().url(node)]
}

async function succeeds(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await tertia(args).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

async function fails(said: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await tertia(args).ended
  expect(code, stderr).toBe(1)
  expect(stderr).toContain(said)
}

async function jailed(): Promise<readonly string[]> {
  const members = await rpc<readonly { readonly name: string; readonly jailed: boolean }[]>(
    devnet().url(0),
    'bft_getValidators',
  )
  return members.filter((each) => each.jailed).map(({ name }) => name)
}

/** Each operator votes for it, one after another or all at once: what counts is that a quorum has. */
async function approve(proposal: number, voters: readonly number[] = OPERATORS): Promise<readonly string[]> {
  return Promise.all(voters.map((node) => succeeds('validator', 'vote', String(proposal), 'yes', ...of(node))))
}

async function proposalOf(...args: readonly string[]): Promise<number> {
  const { id } = JSON.parse(await succeeds('validator', 'propose', ...args, ...of(0), '--json')) as { id: number }
  return id
}

/** By the word of v0: its set, and the epoch that it begins. */
function members(names: readonly string[]): Promise<number> {
  return eventually(`the set ${names.join(' ')}`, async () => {
    const { validators, epoch } = await devnet().status(0)
    const found = new Set(validators.map(({ name }) => name))
    return found.size === names.length && names.every((name) => found.has(name)) ? epoch : undefined
  })
}

async function transfer(via: number): Promise<void> {
  const hash = await wallet(devnet().url(via), via).sendTransaction({ to: freshAddress(), value: 1n, gas: 21_000n })
  expect((await receiptFrom(devnet().url(via), hash)).status).toBe('success')
}

/** Where what v3 sends to the others lies. */
function exported(): string {
  return join(devnet().directory, 'v3.json')
}

/** Until a block of the present epoch is final with its vote to commit. */
async function votes(node: number): Promise<void> {
  await eventually(`a block that v${node} has voted to commit`, async () => {
    await transfer(0)
    const { epoch, n } = await devnet().status(0)
    const signed = new RegExp(`epoch=${epoch} .*signers=[✓✗]{${n}}(?!.*missing=\\S*v${node})`)
    return signed.test(devnet().log(0)) || undefined
  })
}

/** The key that a devnet keeps in the open. */
function keyOf(node: number): Hex {
  const path = join(devnet().data, `node-${node}`, 'keys', 'consensus.json')
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly privateKey: Hex }).privateKey
}

type Forged = Partial<Pick<Vote, 'epoch' | 'view'>> & { readonly signedEpoch?: number; readonly chain?: Hash }

/** Two votes of one view with its key, for whoever stands at its place of epoch 1. */
async function doubleVote(node: number, { epoch = 1, view = 1, signedEpoch, chain }: Forged = {}): Promise<Hex> {
  const { genesisHash, signer } = await firstEpoch(node)
  const key = createSigner(fromHex(keyOf(node)))
  const [first, second] = ['aa', 'bb'].map((digits) => {
    const vote = { epoch, view, blockHash: `0x${digits.repeat(32)}`, justifyView: view - 1, signer }
    const signed = voteStatement({ ...vote, epoch: signedEpoch ?? epoch } as Vote)
    return { ...vote, signature: key.sign(statementDigest(chain ?? genesisHash, signed)).signature } as Vote
  })
  return toHex(encodeEvidence({ kind: 'doubleVote', first: first as Vote, second: second as Vote }))
}

async function firstEpoch(node: number): Promise<{ readonly genesisHash: Hash; readonly signer: number }> {
  const genesis = await rpc<{ readonly hash: Hash }>(devnet().url(0), 'eth_getBlockByNumber', ['0x0', false])
  const ids = devnet()
    .replicas.filter(({ role }) => role === 'validator')
    .map((replica) => replica.address.toLowerCase())
    .sort((a, b) => (a < b ? -1 : 1))
  return { genesisHash: genesis.hash, signer: ids.indexOf(devnet().replica(node).address.toLowerCase()) }
}

interface Refusal {
  readonly errorName: string
  readonly args: readonly unknown[] | undefined
}

/** A real transaction that the module reverts, and the error with which it does so on the state before. */
async function refusedOnChain(from: Hex | number, data: Hex): Promise<Refusal> {
  const url = devnet().url(0)
  const sender = typeof from === 'number' ? account(from) : privateKeyToAccount(from)
  const hash = await wallet(url, 0).sendTransaction({ to: address, data, account: sender, gas: GAS })
  const { status, blockNumber } = await receiptFrom(url, hash)
  expect(status).toBe('reverted')
  const call = { from: sender.address, to: address, data }
  const { code, data: reason } = await rpcFailure(url, 'eth_call', [call, numberToHex(blockNumber - 1n)])
  expect(code).toBe(REVERTED)
  const { errorName, args } = decodeErrorResult({ abi, data: reason as Hex })
  return { errorName, args }
}

function voteFor(proposal: number): Hex {
  return encodeFunctionData({ abi, functionName: 'vote', args: [BigInt(proposal), true] })
}

function submission(evidence: Hex): Hex {
  return encodeFunctionData({ abi, functionName: 'submitEvidence', args: [evidence] })
}

function refusal(errorName: string, ...args: readonly unknown[]): Refusal {
  return { errorName, args: args.length === 0 ? undefined : args }
}

describe('a candidate', () => {
  it('can be asked whether it would be found ready, by the newest block', async () => {
    const url = devnet().url(0)
    const { number, stateRoot } = await reader(url).getBlock()
    const data = encodeFunctionData({ abi, functionName: 'ready', args: [number, stateRoot] })
    const call = { from: devnet().replica(CANDIDATE).address, to: address, data }
    expect(await rpc(url, 'eth_call', [call, numberToHex(number)])).toBe('0x')
    expect(Number(await rpc(url, 'eth_estimateGas', [call, numberToHex(number)]))).toBeGreaterThan(21_000)
  })
})

describe('a validator that says nothing any more', () => {
  it('is voted out by hand, and the candidate takes its place', async () => {
    await succeeds('devnet', 'pause', String(SILENT), '--data', devnet().data)
    const proposed = await succeeds('validator', 'propose', 'remove', SILENT_NAME, '--reason', 'silent', ...of(0))
    expect(proposed).toMatch(/^proposal 1, to remove v3, is open since block \d+\nnext {7}tertia validator vote 1 yes /)
    expect(await succeeds('validator', 'proposals', '1', ...at(1))).toMatch(/^#1 open: remove v3 \(silent\); by v0 /)
    expect(await succeeds('validator', 'show', SILENT_NAME, ...at(1))).toMatch(/^state +validator, there from the beg/m)
    const cast = await approve(1)
    expect(cast.filter((line) => line.includes('it has passed'))).toHaveLength(1)
    expect(await members(['v0', 'v1', 'v2', 'v4'])).toBe(2)
    await votes(CANDIDATE)
    const listed = await succeeds('validator', 'list', ...at(2))
    expect(listed).toMatch(/^v4 .* validator$/m)
    expect(listed).toMatch(/^epoch 2: 0x[0-9a-f]{40} out, v4 in$/m)
    expect(listed).not.toMatch(/^v3 /m)
  })

  it('is told so when it comes back, and observes', async () => {
    await succeeds('devnet', 'resume', String(SILENT), '--data', devnet().data)
    const { reason } = await eventually('v3 in epoch 2', async () => {
      const status = await devnet().status(SILENT)
      return status.epoch === 2 && status.role === 'observer' ? status : undefined
    })
    expect(reason).toContain('was removed from the validators')
    await fails('not that of a validator', 'validator', 'vote', '1', 'yes', ...of(SILENT))
  })
})

describe('what was said before', () => {
  it('counts once: the same transaction again, and the same vote in another, are refused', async () => {
    const id = await proposalOf('param', 'targetValidators', '5')
    const cast = JSON.parse(await succeeds('validator', 'vote', String(id), 'yes', ...of(1), '--json')) as { hash: Hex }
    const raw = await rpc<Hex>(devnet().url(0), 'debug_getRawTransaction', [cast.hash])
    // What a client sends again because it heard nothing is no failure, and no second vote.
    expect(await rpc(devnet().url(2), 'eth_sendRawTransaction', [raw])).toBe(cast.hash)
    expect(await succeeds('validator', 'proposals', String(id), ...at(2))).toContain('1 for (v1), 0 against (nobody)')
    const { nonce } = await reader(devnet().url(2)).getTransaction({ hash: cast.hash })
    const other = { to: address, nonce, gas: GAS, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, chainId: chain.id }
    const resigned = await privateKeyToAccount(keyOf(1)).signTransaction({ ...other, type: 'eip1559' })
    const tooLate = await rpcFailure(devnet().url(2), 'eth_sendRawTransaction', [resigned])
    expect(tooLate.code).toBe(-32000)
    expect(tooLate.message).toContain('nonce too low')
    expect(await refusedOnChain(keyOf(1), voteFor(id))).toEqual(refusal('AlreadyVoted'))
    expect(await refusedOnChain(1, voteFor(id))).toEqual(refusal('NotValidator'))
    expect(await refusedOnChain(keyOf(1), voteFor(1))).toEqual(refusal('Closed'))
  })
})

describe('evidence', () => {
  const refused = [
    ['of another chain', { chain: OTHER_CHAIN }, 'badSignature', 'a signature does not hold on this chain'],
    ['signed in another epoch', { epoch: 2, signedEpoch: 1 }, 'badSignature', 'a signature does not hold'],
    ['of an epoch that never was', { epoch: FAR }, 'unknownEpoch', 'its epoch is not one of the latest'],
  ] as const

  it.each(refused)(
    '%s is refused by the chain, by a node and by the command line',
    async (_what, forged, reason, said) => {
      const evidence = await doubleVote(0, forged)
      expect(await refusedOnChain(2, submission(evidence))).toEqual(refusal('BadEvidence', reason))
      const failure = await rpcFailure(devnet().url(1), 'bft_submitEvidence', [evidence])
      expect(failure.code).toBe(REVERTED)
      expect(decodeErrorResult({ abi, data: failure.data as Hex })).toMatchObject({ args: [reason] })
      const path = join(devnet().directory, 'evidence.hex')
      writeFileSync(path, `${evidence}\n`)
      await fails(said, 'evidence', 'submit', path, ...at(1))
      expect(await jailed()).toEqual([])
    },
  )
})

describe('a validator that was removed', () => {
  it('is voted in again with the key that it had, catches up, and votes', async () => {
    const keys = join(devnet().data, `node-${SILENT}`, 'keys')
    const { hash } = await rpc<{ readonly hash: Hash }>(devnet().url(0), 'eth_getBlockByNumber', ['0x0', false])
    const announce = `/ip4/127.0.0.1/tcp/${devnet().ports.p2pPort + SILENT}`
    const asked = ['--keys', keys, '--name', SILENT_NAME, '--announce', announce, '--genesis', hash]
    writeFileSync(exported(), await succeeds('keys', 'export-public', ...asked))
    await approve(await proposalOf('add', exported()))
    await approve(2, [0, 2])
    await transfer(0)
    const epoch = await members(['v0', 'v1', 'v2', 'v3', 'v4'])
    expect(epoch).toBe(3)
    await votes(SILENT)
  })
})

describe('true evidence', () => {
  it('is of an epoch that is over and ends a second term all the same, and counts once', async () => {
    const evidence = await doubleVote(SILENT)
    const id = /^0x[0-9a-f]{64}/.exec(await succeeds('evidence', 'submit', evidence, ...at(0)))?.[0]
    await eventually('the evidence on the chain', async () => {
      const [found] = await rpc<readonly { readonly accepted: unknown }[]>(devnet().url(0), 'bft_getEvidence', [id])
      return found?.accepted ?? undefined
    })
    await members(['v0', 'v1', 'v2', 'v4'])
    await fails('punished for this epoch already', 'evidence', 'submit', evidence, ...at(2))
    expect(await refusedOnChain(2, submission(evidence))).toEqual(refusal('BadEvidence', 'alreadyPunished'))
    await fails('was jailed, for good: make a new one', 'validator', 'propose', 'add', exported(), ...of(0))
  })
})
