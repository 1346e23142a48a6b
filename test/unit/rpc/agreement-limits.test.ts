/** The limits of what `bft_*` gives at once: a case fails when the limit is taken away. */

import {
  decodeFunctionData,
  encodeEventTopics,
  encodeFunctionData,
  encodeFunctionResult,
  hexToBytes,
  toHex,
} from 'viem'
import { expect, it } from 'vitest'
import { decodeAbi } from '../../../src/codec/abi.ts'
import { validatorsAbi } from '../../../src/ledger/modules/validators/abi.ts'
import { validators } from '../../../src/ledger/modules/validators/validators.ts'
import { SYSTEM_ADDRESS } from '../../../src/ledger/system/system-account.ts'
import type { CallRequest, EvidenceView, FinalBlock } from '../../../src/node/node-api.ts'
import { type Hash, ZERO_ADDRESS } from '../../../src/types/ids.ts'
import { decode, FakeNode } from './fake-node.ts'
import { ask, resultOf, startServer } from './harness.ts'
import { signTransfer } from './transfers.ts'

const FEW = { epochLinksMax: 3, signerStatsBlocksMax: 3, headsMax: 3, proposalsMax: 3, evidenceMax: 3 }
const BLOCKS = 10

/** Each of its blocks is the last of an epoch. */
class ManyEpochs extends FakeNode {
  constructor() {
    super()
    for (let height = 1; height <= BLOCKS; height++) this.seal([])
  }

  override status() {
    return { ...super.status(), epoch: BLOCKS + 1 }
  }

  override epochEnd(epoch: number) {
    const { header, hash } = this.blocks[epoch] as FakeNode['blocks'][number]
    const certificate = { epoch, view: 1, blockHash: hash, bitmap: new Uint8Array(1), signatures: [] }
    return { header, finality: { certificate, suffix: [] } }
  }
}

/** Holds as many pieces as it is told, and has accepted one in each of its blocks. */
class MuchEvidence extends FakeNode {
  readonly #held: number

  constructor(held: number) {
    super()
    this.#held = held
  }

  async accept(id: Hash): Promise<void> {
    const data = encodeFunctionData({ abi: validatorsAbi, functionName: 'submitEvidence', args: ['0x00'] })
    const call = decode(hexToBytes(await signTransfer(this.blocks.length - 1, SYSTEM_ADDRESS, data)))
    const block = this.seal([call])
    const accepted = { abi: validatorsAbi, eventName: 'EvidenceAccepted', args: { id, culprit: ZERO_ADDRESS } } as const
    const topics = encodeEventTopics(accepted).map((topic) => topic as Hash)
    const logs = [{ address: SYSTEM_ADDRESS, topics, data: new Uint8Array(0) }]
    const receipts = block.receipts.map((receipt) => ({ ...receipt, logs }))
    this.blocks[block.header.height] = { ...block, receipts } satisfies FinalBlock
  }

  override heldEvidence(): EvidenceView[] {
    return Array.from({ length: this.#held }, (_, at) => ({
      ...{ id: idOf(at), kind: 'doubleVote', culprit: ZERO_ADDRESS, epoch: 1, view: 1, evidence: new Uint8Array(1) },
    }))
  }

  override call(_: number, { data }: CallRequest) {
    const { args } = decodeFunctionData({ abi: validatorsAbi, data: toHex(data) })
    const offence = { id: args[0] as Hash, kind: 1, culprit: ZERO_ADDRESS, submitter: ZERO_ADDRESS }
    const result = { ...offence, epoch: 1n, viewNumber: 1n, height: 1n }
    const answer = encodeFunctionResult({ abi: validatorsAbi, functionName: 'evidence', result })
    return { ok: true as const, value: { status: 'returned' as const, data: hexToBytes(answer), gasUsed: 0 } }
  }
}

function idOf(number: number): Hash {
  return toHex(number + 1, { size: 32 }) as Hash
}

const start = () => startServer(FEW, { node: new ManyEpochs() })

it('leads across so many epochs and says how far', async () => {
  const { url } = await start()
  const pages = [0, 3, 6, 9].map((from) => resultOf(url, 'bft_getValidatorSetProof', [from]))
  expect(await Promise.all(pages)).toMatchObject([{ toEpoch: 3 }, { toEpoch: 6 }, { toEpoch: 9 }, { toEpoch: 11 }])
})

it('counts signers in so many blocks', async () => {
  const { url } = await start()
  expect(await resultOf(url, 'bft_getSignerStats', [{}])).toMatchObject({ fromBlock: 8, toBlock: 10 })
  const { error } = await ask(url, 'bft_getSignerStats', [{ fromBlock: 1, toBlock: 4 }])
  expect(error).toMatchObject({ code: -32_602, message: 'block range too large, at most 3 blocks' })
})

it('tells so many heads', async () => {
  const { url } = await start()
  expect(await resultOf(url, 'bft_getHeads', [2])).toMatchObject(['0x2', '0x3', '0x4'].map((number) => ({ number })))
})

it('asks the module for so many proposals', async () => {
  const node = new FakeNode()
  const { url } = await startServer(FEW, { node })
  for (const params of [[], [7, 100]]) {
    // What this node answers is no page of proposals.
    await ask(url, 'bft_getProposals', params)
    const { inputs } = [...validators.functions.values()].find(({ name }) => name === 'proposals') ?? { inputs: [] }
    expect(decodeAbi(inputs, node.lastCall?.data.subarray(4) ?? new Uint8Array(0))).toEqual([
      BigInt(params[0] ?? 1),
      3n,
    ])
  }
})

it.each([0, 2, 4])('tells so many pieces of evidence, held and accepted, of which %d are held', async (held) => {
  const node = new MuchEvidence(held)
  for (let accepted = 0; accepted < 4; accepted++) await node.accept(idOf(100 + accepted))
  const { url } = await startServer(FEW, { node })
  const ids = ((await resultOf(url, 'bft_getEvidence')) as { id: Hash }[]).map(({ id }) => id)
  const all = [...Array.from({ length: held }, (_, at) => idOf(at)), ...[103, 102, 101, 100].map(idOf)]
  expect(ids).toEqual(all.slice(0, 3))
})

it('shows evidence that the chain accepted before the snapshot that the node began with, as far as the state tells', async () => {
  const node = new MuchEvidence(0)
  await node.accept(idOf(100))
  node.seal([])
  node.historyFrom = 2
  const { url } = await startServer(FEW, { node })
  const accepted = { height: 1, transactionHash: null, submitter: ZERO_ADDRESS }
  expect(await resultOf(url, 'bft_getEvidence', [idOf(100)])).toMatchObject([{ evidence: null, accepted }])
})
