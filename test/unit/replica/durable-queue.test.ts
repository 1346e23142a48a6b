import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/base/bytes.ts'
import { DurableQueue } from '../../../src/replica/durable-queue.ts'
import { Journal } from '../../../src/storage/journal/journal.ts'
import { SigningRecord } from '../../../src/storage/signing-record.ts'
import { StorageFailure } from '../../../src/storage/storage-failure.ts'
import { decodeSafetyRecord, encodeSafetyRecord, freshSafetyRecord } from '../../../src/types/safety-record.ts'
import { Committee } from '../consensus/committee.ts'
import { HeldDisk } from './held-disk.ts'

const committee = new Committee(4)
const genesisHash = fromHex(committee.genesisHash)
const fresh = freshSafetyRecord(1, committee.root)
const recordAt = (view: number) => ({ ...fresh, lastVotedView: view })
const RECORD = 'key.signing'
const NEXT_RECORD = 'key-2.signing'

function recordNamed(disk: HeldDisk, name: string): SigningRecord {
  const { isHolding } = disk
  disk.isHolding = false
  SigningRecord.create(disk, name, genesisHash, encodeSafetyRecord(fresh), () => {})
  disk.isHolding = isHolding
  const record = SigningRecord.open(disk, name, genesisHash)
  if (!record.ok) throw new Error('a new record')
  return record.value
}

function world() {
  const disk = new HeldDisk()
  const opened = Journal.open(disk, { genesisHash, segmentBytes: 1_000_000, fromSegment: 1, reliedOn: null }, () => {})
  if (!opened.ok) throw new Error('a new journal')
  const journal = opened.value
  journal.append(1, new Uint8Array(1))
  journal.sync(() => {})
  const signingRecord = recordNamed(disk, RECORD)
  const failures: Error[] = []
  const queue = new DurableQueue(journal, (error) => failures.push(error))
  const ran: string[] = []
  disk.isHolding = true
  const pledge = (view: number) => ({ signingRecord, record: recordAt(view) })
  const append = () => journal.append(1, new Uint8Array(9))
  const note = (name: string) => () => {
    ran.push(name)
  }
  const signedOnDisk = (name = RECORD): number => {
    const read = SigningRecord.open(disk, name, genesisHash)
    return read.ok ? decodeSafetyRecord(read.value.payload).lastVotedView : -1
  }
  const [segment] = disk.list().filter((name) => name !== RECORD)
  return { disk, queue, ran, failures, append, note, pledge, signedOnDisk, segment: segment as string }
}

describe('what waits for the disk', () => {
  it('runs when the journal and the record are both durable, whichever is first', () => {
    for (const slower of [0, 1]) {
      const { disk, queue, ran, append, note, segment, signedOnDisk, pledge } = world()
      append()
      queue.after(() => {
        expect(signedOnDisk()).toBe(7)
        ran.push('vote')
      }, pledge(7))
      queue.after(note('other'))
      queue.flush()
      const order = slower === 0 ? [RECORD, segment] : [segment, RECORD]
      disk.releaseAll(order[0] as string)
      expect(ran).toEqual([])
      disk.releaseAll(order[1] as string)
      expect(ran).toEqual(['vote', 'other'])
    }
  })

  it('runs in the order in which it was asked for, over any number of syncs', () => {
    const { disk, queue, ran, append, note, segment, pledge } = world()
    append()
    queue.after(note('1'))
    queue.flush()
    append()
    queue.after(note('2'), pledge(1))
    queue.after(note('3'))
    queue.flush()
    expect(disk.syncs).toHaveLength(1)
    disk.release(segment)
    expect(ran).toEqual(['1'])
    append()
    queue.after(note('4'), pledge(2))
    queue.flush()
    disk.releaseAll(RECORD)
    disk.release(segment)
    expect(ran).toEqual(['1', '2', '3'])
    disk.release(segment)
    disk.releaseAll(RECORD)
    expect(ran).toEqual(['1', '2', '3', '4'])
    expect(disk.syncs).toEqual([])
  })

  it('writes one record for all that gathered, the newest', () => {
    const { disk, queue, append, note, segment, signedOnDisk, pledge } = world()
    append()
    for (const view of [1, 2, 3]) queue.after(note(String(view)), pledge(view))
    queue.flush()
    expect(disk.syncs).toHaveLength(2)
    disk.release(segment)
    disk.releaseAll(RECORD)
    expect(signedOnDisk()).toBe(3)
    append()
    queue.after(note('without a new one'), null)
    queue.flush()
    expect(disk.syncs.map(({ name }) => name)).toEqual([segment])
  })

  it('writes what two keys pledge into the record of each', () => {
    const { disk, queue, ran, append, note, pledge, segment, signedOnDisk } = world()
    const next = recordNamed(disk, NEXT_RECORD)
    append()
    queue.after(note('the old key'), pledge(5))
    queue.after(note('the new key'), { signingRecord: next, record: recordAt(1) })
    queue.flush()
    disk.release(segment)
    disk.releaseAll(NEXT_RECORD)
    expect(ran).toEqual([])
    disk.releaseAll(RECORD)
    expect([signedOnDisk(), signedOnDisk(NEXT_RECORD)]).toEqual([5, 1])
    expect(ran).toEqual(['the old key', 'the new key'])
  })

  it('waits for a sync that began after it was asked for by another action', () => {
    const { disk, queue, ran, append, note, segment } = world()
    append()
    queue.after(() => {
      ran.push('first')
      append()
      queue.after(note('brought forth'))
      queue.flush()
    })
    queue.flush()
    disk.release(segment)
    expect(ran).toEqual(['first'])
    disk.release(segment)
    expect(ran).toEqual(['first', 'brought forth'])
  })

  it('never runs after a failure, and the failure is told once', () => {
    for (const failing of ['journal', 'record'] as const) {
      const { disk, queue, ran, failures, append, note, segment, pledge } = world()
      append()
      queue.after(note('vote'), pledge(1))
      queue.flush()
      const [bad, good] = failing === 'journal' ? [segment, RECORD] : [RECORD, segment]
      disk.release(bad, new StorageFailure('EIO', 'the disk is gone'))
      disk.releaseAll(good)
      queue.after(note('later'), pledge(2))
      queue.flush()
      expect(ran).toEqual([])
      expect(failures.map(({ message }) => message)).toEqual(['the disk is gone'])
      expect(disk.syncs).toEqual([])
    }
  })

  it('never runs after the queue was stopped, be it by one of its own actions', () => {
    const { disk, queue, ran, append, note, segment } = world()
    append()
    queue.after(note('first'))
    queue.after(() => queue.stop())
    queue.after(note('second'))
    queue.flush()
    disk.release(segment)
    expect(ran).toEqual(['first'])
    const stopped = world()
    stopped.append()
    stopped.queue.after(stopped.note('vote'))
    stopped.queue.flush()
    stopped.queue.stop()
    stopped.disk.release(stopped.segment)
    expect(stopped.ran).toEqual([])
  })

  it('asks nothing of the disk while nothing waits', () => {
    const { disk, queue, append } = world()
    append()
    queue.flush()
    expect(disk.syncs).toEqual([])
  })
})
