import { expect, it } from 'vitest'
import { defined } from '../../../src/base/invariant.ts'
import { resultAt } from '../../../src/replica/block-result.ts'
import { CommitPipeline, type PipelinePorts } from '../../../src/replica/commit-pipeline.ts'
import { OWN_WORK } from '../../../src/replica/shared-work.ts'
import { TokenCrypto } from '../../../src/simulation/host/simulated-crypto.ts'
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

/** A pipeline over parts that only note what they are told, for a chain of this many blocks. */
function world(recovered: (chain: readonly Block[]) => ReadonlyMap<Hash, JournalPosition>) {
  const committee = new Committee(4)
  const chain = committee.chain(BLOCKS)
  const byHash = new Map(chain.map((each) => [each.hash, each]))
  const { block, state } = simulatedGenesis(OPTIONS, new TokenCrypto()).block
  const resultOf = ({ hash, header }: Block) => resultAt({ hash, header }, state)
  const written: number[] = []
  const applied: JournalPosition[] = []
  const parts = {
    journal: {
      append: (type: number): JournalPosition => ({ segment: 2, offset: written.push(type), length: 0 }),
    },
    store: { apply: ({ position }: AppliedBlock) => applied.push(position), prune: () => [].values() },
    durable: { after: (action: () => void) => action() },
    executor: {
      tip: resultOf(block),
      result: (hash: Hash) => resultOf(defined(byHash.get(hash), 'a block')),
      commit: () => undefined,
    },
    pool: { onCommitted: () => undefined },
    runTask: () => undefined,
    shared: { ...OWN_WORK, changes: () => ({ created: [], stale: [], code: new Map() }) },
    onFinal: () => undefined,
  }
  const pipeline = new CommitPipeline(parts as unknown as PipelinePorts, recovered(chain))
  const commit = (each: Block): void => pipeline.commit([each], { certificate: committee.commitQcOf(each), suffix: [] })
  return { chain, pipeline, commit, written, applied }
}

it('applies a journal anew from where its blocks lie, however many, and writes none of them once more', () => {
  const placesOf = (chain: readonly Block[]) =>
    new Map<Hash, JournalPosition>(chain.map(({ hash }, offset) => [hash, { segment: 1, offset, length: 0 }]))
  const { chain, pipeline, commit, written, applied } = world(placesOf)
  for (const each of chain) {
    pipeline.storeBlock(each)
    commit(each)
  }
  expect(applied).toEqual([...placesOf(chain).values()])
  expect(written.filter((type) => type === BLOCK_RECORD)).toEqual([])
})

it('writes a final block once more when so many were heard after it that its place is forgotten', () => {
  const { chain, pipeline, commit, written, applied } = world(() => new Map())
  for (const each of chain) pipeline.storeBlock(each)
  const { length } = written
  const [first] = chain
  commit(defined(first, 'a block'))
  expect(written.slice(length)[0]).toBe(BLOCK_RECORD)
  expect(applied).toEqual([{ segment: 2, offset: length + 1, length: 0 }])
})
