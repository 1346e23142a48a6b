/** The limits of what `bft_*` gives at once: a case fails when the limit is taken away. */
import { expect, it } from 'vitest'
import { decodeAbi } from '../../../src/codec/abi.ts'
import { validators } from '../../../src/ledger/modules/validators/validators.ts'
import { FakeNode } from './fake-node.ts'
import { ask, resultOf, startServer } from './harness.ts'

const FEW = { epochLinksMax: 3, signerStatsBlocksMax: 3, headsMax: 3, proposalsMax: 3 }
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
