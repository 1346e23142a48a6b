import { expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../../src/rpc/limits.ts'
import { signerStats } from '../../../src/rpc/signer-stats.ts'
import { WorkQueue } from '../../../src/rpc/work-queue.ts'
import type { Address, Hash } from '../../../src/types/ids.ts'
import { bitmapOf } from '../../../src/types/signer-bitmap.ts'
import { FakeNode } from './fake-node.ts'

const [A, B, C] = ['aa', 'bb', 'cc'].map((digits) => `0x${digits.repeat(20)}` as Address) as [Address, Address, Address]
const EARLY = `0x${'01'.repeat(32)}` as Hash
const LATE = `0x${'02'.repeat(32)}` as Hash

/** Two epochs of two blocks; in the second one, c has taken the place of a. */
class TwoEpochs extends FakeNode {
  constructor() {
    super()
    for (const [height, signers] of [[0], [0, 1], [1], null].entries()) {
      const { header, ...block } = this.seal([])
      const validatorsHash = height < 2 ? EARLY : LATE
      const consensus = { ...header.consensus, validatorsHash }
      const certificate = {
        epoch: 1,
        view: 1,
        blockHash: block.hash,
        bitmap: bitmapOf(signers ?? [], 2),
        signatures: [],
      }
      const finality = signers === null ? null : { certificate, suffix: [] }
      this.blocks[height + 1] = { ...block, header: { ...header, miner: B, consensus }, finality }
    }
  }

  override validatorSet(hash?: Hash) {
    const members = hash === EARLY ? [A, B] : [B, C]
    return members.map((address) => ({ address, consensusKey: new Uint8Array(33), leads: true }))
  }
}

it('counts each validator in the epochs that it was one in, by its place in the set of each', async () => {
  const work = new WorkQueue(DEFAULT_LIMITS.queuedJobsMax)
  expect(await signerStats(new TwoEpochs(), work, 1, 4)).toEqual({
    fromBlock: 1,
    toBlock: 4,
    certificates: 3,
    validators: [
      { address: A, name: '', proposed: 0, certificates: 2, signed: 2 },
      { address: B, name: '', proposed: 4, certificates: 3, signed: 1 },
      { address: C, name: '', proposed: 0, certificates: 1, signed: 1 },
    ],
  })
})
