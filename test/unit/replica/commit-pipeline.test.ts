import { expect, it } from 'vitest'
import { defined } from '../../../src/base/invariant.ts'
import { resultAt } from '../../../src/replica/block-result.ts'
import { CommitPipeline, type PipelinePorts } from '../../../src/replica/commit-pipeline.ts'
import { OWN_WORK } from '../../../src/replica/shared-work.ts'
import { TokenCrypto } from '../../../src/simulation/simulated-crypto.ts'
import { simulatedGenesis } from '../../../src/simulation/simulated-genesis.ts'
import type { AppliedBlock } from '../../../src/storage/chain-store.ts'
import type { JournalPosition } from '../../../src/storage/journal/position.ts'
import { BLOCK_RECORD } from '../../../src/storage/journal-records.ts'
import type { Block } from '../../../src/types/block.ts'
import type { Hash } from '../../../src/types/ids.ts'
import { Committee } from '../consensus/committee.ts'

const OPTIONS = { validators: 4, faultModel: 'byzantine', viewTimeoutMs: 600, viewTimeoutMsMax: 3_000 } as const
/** More than a running replica keeps in mind of those that are not final. */
const BLOCKS = 1_100
const NEW: JournalPosition = { segment: 2, offset: 0, length: 0 }

it('applies a journal anew from where its blocks lie, however many, and writes none of them once more', () => {
  const committee = new Committee(4)
  const chain = committee.chain(BLOCKS)
  const positions = new Map<Hash, JournalPosition>(
    chain.map(({ hash }, offset) => [hash, { segment: 1, offset, length: 0 }]),
  )
  const { block, state } = simulatedGenesis(OPTIONS, new TokenCrypto()).block
  const resultOf = ({ hash, header }: Block) => resultAt({ hash, header }, state)
  const written: number[] = []
  const applied: JournalPosition[] = []
  const append = (type: number): JournalPosition => {
    written.push(type)
    return NEW
  }
  const pipeline = new CommitPipeline(
    {
      journal: { append },
      store: { apply: ({ position }: AppliedBlock) => applied.push(position), prune: () => [].values() },
      durable: { after: (action: () => void) => action() },
      executor: {
        tip: resultOf(block),
        result: (hash: Hash) =>
          resultOf(
            defined(
              chain.find((each) => each.hash === hash),
              'a block',
            ),
          ),
        commit: () => undefined,
      },
      pool: { onCommitted: () => undefined },
      runTask: () => undefined,
      shared: { ...OWN_WORK, changes: () => ({ created: [], stale: [], code: new Map() }) },
      onFinal: () => undefined,
    } as unknown as PipelinePorts,
    positions,
  )
  for (const each of chain) {
    pipeline.storeBlock(each)
    pipeline.commit([each], { certificate: committee.commitQcOf(each), suffix: [] })
  }
  expect(applied).toEqual([...positions.values()])
  expect(written.filter((type) => type === BLOCK_RECORD)).toEqual([])
})
