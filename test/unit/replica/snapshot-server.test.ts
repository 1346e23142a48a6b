import { expect, it } from 'vitest'
import { defined } from '../../../src/base/invariant.ts'
import type { PeerId } from '../../../src/network/port.ts'
import { SnapshotServer } from '../../../src/replica/snapshot/snapshot-server.ts'
import type { ChainStore } from '../../../src/storage/chain-store.ts'
import { decodeLinks } from '../../../src/sync/snapshot/snapshot-records.ts'
import type { Epoch } from '../../../src/types/ids.ts'
import { Committee } from '../consensus/committee.ts'

const EPOCHS = 3_000
/** A validator that answers goes on agreeing: so much of links takes it some milliseconds, and it is asked ten times a second. */
const ANSWER_BYTES_MAX = 128 * 1024

it.each([1, 4, 100])(
  'answers of a long chain with few links at a time, and with all of them in the end: %i validators',
  (n) => {
    const committee = new Committee(n)
    const [block] = committee.chain(1)
    const { header } = defined(block, 'a block')
    const finality = { certificate: committee.commitQcOf(defined(block, 'a block')), suffix: [] }
    const store = {
      epochEnd: (epoch: Epoch) =>
        epoch > EPOCHS ? undefined : { header: { ...header, consensus: { ...header.consensus, epoch } }, finality },
      validators: () => committee.set.members,
    } as unknown as ChainStore
    let nowMs = 0
    const server = new SnapshotServer(store, { monotonicMs: () => nowMs })
    let next = 1
    while (next <= EPOCHS) {
      nowMs += 1_000
      const answer = server.links('newcomer' as PeerId, next)
      if (!answer.ok) throw new Error(answer.error.message)
      const links = decodeLinks(answer.value)
      if (!links.ok || links.value.length === 0) throw new Error('no links')
      const last = answer.value.length / links.value.length
      expect(answer.value.length).toBeLessThanOrEqual(ANSWER_BYTES_MAX + 2 * last)
      expect(links.value.map(({ end }) => end.header.consensus.epoch)).toEqual(
        links.value.map((_, index) => next + index),
      )
      next += links.value.length
    }
  },
)
