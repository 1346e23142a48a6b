import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { crc32c } from '../../../src/storage/crc32c.ts'
import type { FileDirectory, SyncDone } from '../../../src/storage/file-port.ts'
import { Journal, type JournalOptions } from '../../../src/storage/journal/journal.ts'
import { type JournalPosition, laterOf } from '../../../src/storage/journal/position.ts'
import { RECORD_OVERHEAD_BYTES } from '../../../src/storage/journal/record.ts'
import { SEGMENT_HEADER_BYTES } from '../../../src/storage/journal/segment.ts'
import { MemoryFiles } from '../../../src/storage/memory/memory-files.ts'
import { StorageFailure } from '../../../src/storage/storage-failure.ts'

const GENESIS_HASH = new Uint8Array(32).fill(7)
const OPTIONS: JournalOptions = { genesisHash: GENESIS_HASH, segmentBytes: 1 << 20, fromSegment: 1, reliedOn: null }
const FIRST = '00000001.journal'

type Visited = { type: number; payload: string; position: JournalPosition }

function open(directory: FileDirectory, options = OPTIONS) {
  const visited: Visited[] = []
  const opened = Journal.open(directory, options, (type, payload, position) => {
    visited.push({ type, payload: toHex(payload), position })
  })
  return { opened, visited }
}

function openGood(directory: FileDirectory, options = OPTIONS) {
  const { opened, visited } = open(directory, options)
  if (!opened.ok) throw new Error(opened.error.message)
  return { journal: opened.value, visited }
}

function syncNow(journal: Journal): void {
  let outcome: unknown = 'not done'
  journal.sync((failure) => {
    outcome = failure
  })
  expect(outcome).toBeUndefined()
}

function payloadOf(i: number): Uint8Array {
  return new Uint8Array(5 + i * 3).fill(i + 1)
}

/** Each inner list is one synced batch. */
function write(directory: FileDirectory, batches: readonly (readonly number[])[], options = OPTIONS): Visited[] {
  const { journal } = openGood(directory, options)
  const written: Visited[] = []
  for (const batch of batches) {
    for (const i of batch) {
      const position = journal.append(i, payloadOf(i))
      written.push({ type: i, payload: toHex(payloadOf(i)), position })
    }
    syncNow(journal)
  }
  return written
}

/** The same files with `change` applied to the bytes of one. */
function changed(directory: FileDirectory, name: string, change: (bytes: Uint8Array) => Uint8Array): MemoryFiles {
  const copy = new MemoryFiles()
  for (const file of directory.list()) {
    copy.create(file)
    const bytes = directory.read(file)
    copy.append(file, file === name ? change(bytes) : bytes)
  }
  return copy
}

function flipped(bytes: Uint8Array, offset: number, mask = 0xff): Uint8Array {
  bytes[offset] = (bytes[offset] ?? 0) ^ mask
  return bytes
}

function sizeOf(directory: FileDirectory, name: string): number {
  return directory.read(name).length
}

describe('the journal', () => {
  test('gives back what was synced, in order, and every record by its position', () => {
    const directory = new MemoryFiles()
    const written = write(directory, [[0, 1], [2], [3, 4, 5]])
    const { journal, visited } = openGood(directory)
    expect(visited).toEqual(written)
    expect(journal.cut).toBeUndefined()
    for (const { type, payload, position } of written) {
      const record = journal.read(position)
      expect(record.ok && { type: record.value.type, payload: toHex(record.value.payload) }).toEqual({ type, payload })
    }
  })

  test('golden bytes of a segment: header, a first record, a record after a sync', () => {
    const directory = new MemoryFiles()
    const { journal } = openGood(directory)
    journal.append(2, Uint8Array.of(0xaa, 0xbb, 0xcc))
    syncNow(journal)
    journal.append(3, new Uint8Array(0))
    syncNow(journal)
    const header =
      '7465727469612d6a000000010707070707070707070707070707070707070707070707070707070707070707000000010000000081dbbcde'
    const records = ['00000003020081dbbcdef6962643aabbcc6e8fc039', '0000000003016e8fc0392af1ed8a2af1ed8a']
    expect(toHex(directory.read(FIRST))).toBe(`0x${header}${records.join('')}`)
  })

  test('reads a record that is not yet written', () => {
    const { journal } = openGood(new MemoryFiles())
    const positions = [0, 1, 2].map((i) => journal.append(i, payloadOf(i)))
    const records = positions.map((position) => journal.read(position))
    expect(records).toEqual([0, 1, 2].map((i) => ({ ok: true, value: { type: i, payload: payloadOf(i) } })))
  })

  test('cut at every byte of its last three records it opens with the whole records before, and goes on', () => {
    const directory = new MemoryFiles()
    const written = write(directory, [[0], [1], [2, 3], [4]])
    const from = written[2]?.position.offset ?? 0
    for (let length = from; length < sizeOf(directory, FIRST); length++) {
      const torn = changed(directory, FIRST, (bytes) => bytes.slice(0, length))
      const { journal, visited } = openGood(torn)
      const whole = written.filter(
        (record) => record.position.offset + record.position.length + RECORD_OVERHEAD_BYTES <= length,
      )
      expect(visited).toEqual(whole)
      const end = whole.at(-1)?.position
      const endOffset = end === undefined ? 0 : end.offset + end.length + RECORD_OVERHEAD_BYTES
      expect(journal.cut).toEqual(
        endOffset === length ? undefined : { file: FIRST, offset: endOffset, bytes: length - endOffset },
      )
      const position = journal.append(9, payloadOf(9))
      syncNow(journal)
      expect(openGood(torn).visited).toEqual([...whole, { type: 9, payload: toHex(payloadOf(9)), position }])
    }
  })

  test('cut at every byte of its first batch it opens empty or with whole records, and goes on', () => {
    const directory = new MemoryFiles()
    const written = write(directory, [[0, 1]])
    for (let length = 0; length < sizeOf(directory, FIRST); length++) {
      const torn = changed(directory, FIRST, (bytes) => bytes.slice(0, length))
      const { journal, visited } = openGood(torn)
      expect(written.slice(0, visited.length)).toEqual(visited)
      expect(journal.cut?.file).toBe(
        length === SEGMENT_HEADER_BYTES || length === (written[1]?.position.offset ?? 0) ? undefined : FIRST,
      )
      journal.append(9, payloadOf(9))
      syncNow(journal)
      expect(openGood(torn).visited).toHaveLength(visited.length + 1)
    }
  })

  test('a flipped bit in anything but the last batch is damage, named with file and offset, and nothing is cut', () => {
    const directory = new MemoryFiles()
    const written = write(directory, [[0], [1, 2], [3]])
    const lastBatch = written[3]?.position.offset ?? 0
    for (let offset = 0; offset < lastBatch; offset++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const bad = changed(directory, FIRST, (bytes) => flipped(bytes, offset, mask))
        const { opened } = open(bad)
        expect(opened.ok, `offset ${offset}`).toBe(false)
        if (opened.ok) continue
        const record = written.findLast(({ position }) => position.offset <= offset)
        expect(opened.error).toMatchObject({
          code: offset < 8 ? 'journal-unknown-format' : 'journal-corrupt',
          file: FIRST,
          offset: record?.position.offset ?? 0,
        })
        expect(sizeOf(bad, FIRST)).toBe(sizeOf(directory, FIRST))
      }
    }
  })

  test('a flipped bit in the last batch leaves the records before it', () => {
    const directory = new MemoryFiles()
    const written = write(directory, [[0], [1, 2], [3, 4]])
    const lastBatch = written[3]?.position.offset ?? 0
    for (let offset = lastBatch; offset < sizeOf(directory, FIRST); offset++) {
      const bad = changed(directory, FIRST, (bytes) => flipped(bytes, offset))
      const { journal, visited } = openGood(bad)
      const whole = written.filter(
        ({ position }) => position.offset + position.length + RECORD_OVERHEAD_BYTES <= offset,
      )
      expect(visited).toEqual(whole)
      expect(journal.cut?.file).toBe(FIRST)
    }
  })

  test('writes of the last batch may reach the disk in any subset of its bytes', () => {
    const directory = new MemoryFiles()
    const written = write(directory, [[0], [1, 2], [3, 4, 5, 6]])
    const lastBatch = written[3]?.position.offset ?? 0
    const range = fc.tuple(fc.nat(sizeOf(directory, FIRST) - lastBatch), fc.nat(40))
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 6 }), (lost) => {
        const torn = changed(directory, FIRST, (bytes) => {
          for (const [start, length] of lost) bytes.fill(0, lastBatch + start, lastBatch + start + length)
          return bytes
        })
        const { visited } = openGood(torn)
        expect(written.slice(0, visited.length)).toEqual(visited)
        expect(visited.length).toBeGreaterThanOrEqual(3)
      }),
    )
  })

  test('records that changed places, were repeated or are missing are damage', () => {
    const directory = new MemoryFiles()
    const { journal } = openGood(directory)
    const offsets = [1, 2, 3, 4].map((fill) => {
      const { offset } = journal.append(1, new Uint8Array(20).fill(fill))
      syncNow(journal)
      return offset
    })
    const [a = 0, b = 0, c = 0] = offsets
    const rearranged = (order: (bytes: Uint8Array) => readonly Uint8Array[]) =>
      open(changed(directory, FIRST, (bytes) => new Uint8Array(Buffer.concat(order(bytes))))).opened
    const swapped = (x: Uint8Array) => [x.slice(0, a), x.slice(b, c), x.slice(a, b), x.slice(c)]
    const repeated = (x: Uint8Array) => [x.slice(0, b), x.slice(a, b), x.slice(b)]
    const missing = (x: Uint8Array) => [x.slice(0, a), x.slice(b)]
    for (const order of [swapped, repeated, missing]) {
      expect(rearranged(order)).toMatchObject({ ok: false, error: { code: 'journal-corrupt' } })
    }
  })

  test('a record head inside a torn payload is no witness against it', () => {
    const directory = new MemoryFiles()
    write(directory, [[0], [1]])
    const tail = directory.read(FIRST).slice(-26)
    const { journal } = openGood(directory)
    // The payload ends in the whole of a record that was written after a sync.
    const position = journal.append(5, new Uint8Array([...new Uint8Array(50).fill(3), ...tail]))
    syncNow(journal)
    const torn = changed(directory, FIRST, (bytes) => flipped(bytes, position.offset + 20))
    expect(openGood(torn).journal.cut).toMatchObject({ offset: position.offset })
  })

  test('a record that was synced when the next was written is a witness though nothing follows its head', () => {
    const directory = new MemoryFiles()
    const { journal } = openGood(directory)
    const { offset } = journal.append(1, payloadOf(1))
    syncNow(journal)
    journal.append(2, new Uint8Array(0))
    syncNow(journal)
    expect(open(changed(directory, FIRST, (bytes) => flipped(bytes, offset))).opened.ok).toBe(false)
  })

  test('what is recovered is no more durable for what is written behind it: it may still be torn', () => {
    const directory = new MemoryFiles()
    const [, last] = write(directory, [[0], [1]])
    const at = last?.position.offset ?? 0
    write(directory, [[2, 3]])
    const torn = changed(directory, FIRST, (bytes) => flipped(bytes, at))
    expect(openGood(torn).journal.cut).toMatchObject({ file: FIRST, offset: at })
  })

  test('a record that something rests on is damage where it is torn, as is all before it, and nothing behind it', () => {
    const directory = new MemoryFiles()
    const [, , reliedOn, behind] = write(directory, [[0], [1, 2, 3]]).map(({ position }) => position)
    const options = { ...OPTIONS, reliedOn: reliedOn ?? null }
    for (let offset = SEGMENT_HEADER_BYTES; offset < sizeOf(directory, FIRST); offset++) {
      const torn = changed(directory, FIRST, (bytes) => flipped(bytes, offset))
      const { opened } = open(torn, options)
      expect(opened.ok, `offset ${offset}`).toBe(offset >= (behind?.offset ?? 0))
      if (!opened.ok)
        expect([opened.error.code, sizeOf(torn, FIRST)]).toEqual(['journal-corrupt', sizeOf(directory, FIRST)])
    }
  })

  test('a header whose write was lost is torn, one of a later version is not ours to cut', () => {
    const directory = new MemoryFiles()
    write(directory, [[0]])
    const lost = changed(directory, FIRST, (bytes) => bytes.fill(0))
    expect(openGood(lost).journal.cut).toMatchObject({ file: FIRST, offset: 0 })
    const later = changed(directory, FIRST, (bytes) => {
      const view = new DataView(bytes.buffer)
      view.setUint32(8, 2)
      view.setUint32(SEGMENT_HEADER_BYTES - 4, crc32c(bytes.subarray(0, SEGMENT_HEADER_BYTES - 4)))
      return bytes
    })
    expect(open(later).opened).toMatchObject({ ok: false, error: { code: 'journal-unknown-format' } })
  })

  test('refuses the journal of another network and of an unknown format', () => {
    const directory = new MemoryFiles()
    write(directory, [[0], [1]])
    const other = open(directory, { ...OPTIONS, genesisHash: new Uint8Array(32) }).opened
    expect(other).toMatchObject({ ok: false, error: { code: 'journal-other-genesis' } })
    const foreign = changed(directory, FIRST, () => new TextEncoder().encode('PK some other file'))
    expect(open(foreign).opened).toMatchObject({ ok: false, error: { code: 'journal-unknown-format' } })
    expect(sizeOf(foreign, FIRST)).toBe(18)
  })

  test('verifies a record that is read by its position', () => {
    const directory = new MemoryFiles()
    const position = write(directory, [[3]])[0]?.position ?? { segment: 0, offset: 0, length: 0 }
    for (let i = 0; i < position.length + RECORD_OVERHEAD_BYTES; i++) {
      const bad = changed(directory, FIRST, (bytes) => bytes)
      const { journal } = openGood(bad)
      bad.overwrite(FIRST, position.offset + i, flipped(bad.read(FIRST, position.offset + i, 1), 0))
      expect(journal.read(position)).toMatchObject({ ok: false, error: { code: 'journal-corrupt' } })
    }
  })

  test('gives no record for a position of another length', () => {
    const directory = new MemoryFiles()
    const position = write(directory, [[3], [4]])[0]?.position ?? { segment: 0, offset: 0, length: 0 }
    const { journal } = openGood(directory)
    for (const length of [position.length - 1, position.length + 1])
      expect(journal.read({ ...position, length })).toMatchObject({ ok: false, error: { code: 'journal-corrupt' } })
  })

  test('the later of two positions stands in the later segment, or further behind in the same', () => {
    const at = (segment: number, offset: number): JournalPosition => ({ segment, offset, length: 1 })
    const order = [at(1, 60), at(1, 900), at(2, 60), at(3, 100)]
    for (const [index, later] of order.entries())
      for (const earlier of [null, ...order.slice(0, index)]) {
        expect(laterOf(earlier, later)).toBe(later)
        expect(laterOf(later, earlier)).toBe(later)
      }
    expect(laterOf(null, null)).toBeNull()
  })
})

describe('segments of the journal', () => {
  const small = { ...OPTIONS, segmentBytes: 150 }
  const batches = Array.from({ length: 12 }, (_, i) => [i, i])

  test('rotate at a batch, and are read as one', () => {
    const directory = new MemoryFiles()
    const written = write(directory, batches, small)
    expect(directory.list().length).toBeGreaterThan(4)
    expect(openGood(directory, small).visited).toEqual(written)
    expect(openGood(directory, OPTIONS).visited).toEqual(written)
  })

  test('are whole but for the last: any truncation or loss of an earlier one is damage', () => {
    const directory = new MemoryFiles()
    write(directory, batches, small)
    const names = directory.list()
    for (const name of names.slice(0, -1)) {
      for (let length = 0; length < sizeOf(directory, name); length++) {
        const short = changed(directory, name, (bytes) => bytes.slice(0, length))
        const { opened } = open(short, small)
        expect(opened, `${name} ${length}`).toMatchObject({ ok: false, error: { code: 'journal-corrupt' } })
        expect(sizeOf(short, name), 'nothing is cut').toBe(length)
      }
      if (name === names[0]) continue
      const without = changed(directory, name, (bytes) => bytes)
      without.remove(name)
      expect(open(without, small).opened).toMatchObject({ ok: false, error: { code: 'journal-corrupt', file: name } })
    }
  })

  test('the last may be cut at every byte, its header included', () => {
    const directory = new MemoryFiles()
    const written = write(directory, batches.slice(0, 5), small)
    const last = directory.list().at(-1) ?? ''
    const before = written.filter(({ position }) => position.segment < directory.list().length)
    for (let length = 0; length < sizeOf(directory, last); length++) {
      const torn = changed(directory, last, (bytes) => bytes.slice(0, length))
      const { journal, visited } = openGood(torn, small)
      expect(visited.length).toBeGreaterThanOrEqual(before.length)
      expect(written.slice(0, visited.length)).toEqual(visited)
      for (const i of [1, 2, 3]) {
        journal.append(i, payloadOf(30))
        syncNow(journal)
      }
      expect(openGood(torn, small).visited).toHaveLength(visited.length + 3)
    }
  })

  test('that are not wanted are not read, but must be there', () => {
    const directory = new MemoryFiles()
    const written = write(directory, batches, small)
    const last = directory.list().length
    for (let fromSegment = 1; fromSegment <= last + 1; fromSegment++) {
      const { journal, visited } = openGood(directory, { ...small, fromSegment })
      const firstVisited = Math.min(fromSegment, last - 1)
      expect(visited).toEqual(written.filter(({ position }) => position.segment >= firstVisited))
      expect(journal.firstSegment).toBe(1)
      expect(written.every(({ position }) => journal.read(position).ok)).toBe(true)
    }
    const without = changed(directory, '', (bytes) => bytes)
    without.remove('00000002.journal')
    expect(open(without, { ...small, fromSegment: last }).opened).toMatchObject({
      ok: false,
      error: { code: 'journal-corrupt', file: '00000002.journal' },
    })
  })

  test('are what their names say', () => {
    const directory = new MemoryFiles()
    write(directory, batches, small)
    const renamed = new MemoryFiles(new Map([['00000005.journal', directory.read('00000003.journal')]]))
    expect(open(renamed, small).opened).toMatchObject({ ok: false, error: { code: 'journal-corrupt' } })
  })

  test('that something rests on are damage though only their header is damaged', () => {
    const directory = new MemoryFiles()
    const { journal } = openGood(directory, small)
    for (const i of [40, 41]) {
      journal.append(i, payloadOf(i))
      syncNow(journal)
    }
    const second = '00000002.journal'
    const torn = () => changed(directory, second, (bytes) => flipped(bytes, SEGMENT_HEADER_BYTES - 1))
    expect(open(torn(), small).opened).toMatchObject({ ok: true, value: { cut: { file: second, offset: 0 } } })
    const reliedOn = { segment: 2, offset: SEGMENT_HEADER_BYTES, length: 0 }
    expect(open(torn(), { ...small, reliedOn }).opened).toMatchObject({
      ok: false,
      error: { code: 'journal-corrupt', file: second },
    })
  })

  test('that this process has written are dropped as well', () => {
    const directory = new MemoryFiles()
    const { journal } = openGood(directory, small)
    for (let i = 0; i < 12; i++) {
      journal.append(i, payloadOf(20))
      syncNow(journal)
    }
    const last = directory.list().length
    journal.dropSegmentsBelow(1000, () => undefined)
    expect([last > 3, directory.list().length]).toEqual([true, 1])
  })

  test('are dropped no further once the directory fails', () => {
    class FailingNames extends MemoryFiles {
      override syncDirectory(done: SyncDone): void {
        done(new StorageFailure('EIO', 'the disk is gone'))
      }
    }
    const directory = new MemoryFiles()
    write(directory, batches, small)
    const failing = new FailingNames(new Map(directory.list().map((name) => [name, directory.read(name)])))
    const { journal } = openGood(failing, small)
    let outcome: unknown
    journal.dropSegmentsBelow(4, (failure) => {
      outcome = failure?.code
    })
    expect([outcome, failing.list()[0]]).toEqual(['EIO', '00000002.journal'])
  })

  test('below a height are dropped, never the one in use', () => {
    const directory = new MemoryFiles()
    const written = write(directory, batches, small)
    const { journal } = openGood(directory, small)
    let done = false
    journal.dropSegmentsBelow(3, () => {
      done = true
    })
    expect(done).toBe(true)
    expect(directory.list()[0]).toBe('00000003.journal')
    expect(journal.firstSegment).toBe(3)
    const [first] = written
    if (first !== undefined) {
      expect(journal.read(first.position)).toMatchObject({ ok: false, error: { code: 'journal-dropped' } })
    }
    expect(openGood(directory, small).visited).toEqual(written.filter(({ position }) => position.segment >= 3))
    journal.dropSegmentsBelow(1000, () => undefined)
    expect(directory.list()).toHaveLength(1)
  })
})

describe('group commit', () => {
  /** Syncs wait until the test lets them end. */
  class SlowDirectory extends MemoryFiles {
    readonly syncs: ((failure?: StorageFailure) => void)[] = []
    readonly appended: number[] = []

    override append(name: string, bytes: Uint8Array): void {
      this.appended.push(bytes.length)
      super.append(name, bytes)
    }

    override sync(_name: string, done: (failure?: StorageFailure) => void): void {
      this.syncs.push(done)
    }
  }

  test('one sync serves every append before it, and no batch is written before the last is durable', () => {
    const directory = new SlowDirectory()
    const { journal } = openGood(directory)
    const log: string[] = []
    const sync = (name: string) => journal.sync((failure) => log.push(`${name} ${failure?.code ?? 'durable'}`))
    journal.append(1, payloadOf(1))
    sync('a')
    sync('a again')
    journal.append(2, payloadOf(2))
    sync('b')
    journal.append(3, payloadOf(3))
    sync('c')
    expect([directory.syncs.length, directory.appended.length, log]).toEqual([1, 1, []])
    directory.syncs[0]?.()
    expect(log).toEqual(['a durable', 'a again durable'])
    expect([directory.syncs.length, directory.appended.length]).toEqual([2, 2])
    directory.syncs[1]?.()
    expect(log.slice(2)).toEqual(['b durable', 'c durable'])
    sync('nothing outstanding')
    expect(log.at(-1)).toBe('nothing outstanding durable')
  })

  class SlowNames extends MemoryFiles {
    readonly syncs: (() => void)[] = []
    override syncDirectory(done: () => void): void {
      this.syncs.push(done)
    }
  }

  function expectDurableBehindOneSync(directory: SlowDirectory | SlowNames): void {
    const { journal } = openGood(directory)
    let durable = false
    journal.sync(() => {
      durable = true
    })
    expect([durable, directory.syncs.length]).toEqual([false, 1])
    directory.syncs[0]?.()
    expect(durable).toBe(true)
  }

  test('a new segment is durable only when its name is', () => {
    const directory = new SlowNames()
    const { journal } = openGood(directory)
    let durable = 0
    const countDurable = () => {
      durable += 1
    }
    journal.append(1, payloadOf(1))
    journal.sync(countDurable)
    expect([durable, directory.syncs.length]).toEqual([0, 1])
    directory.syncs[0]?.()
    journal.append(1, payloadOf(1))
    journal.sync(countDurable)
    expect([durable, directory.syncs.length]).toEqual([2, 1])
  })

  test('after recovery nothing is durable before the name of its file is', () => {
    const source = new MemoryFiles()
    write(source, [[0]])
    const directory = new SlowNames(new Map([[FIRST, source.read(FIRST)]]))
    expectDurableBehindOneSync(directory)
  })

  test('after recovery the file is synced once before anything counts as durable', () => {
    const directory = new SlowDirectory()
    directory.create(FIRST)
    const source = new MemoryFiles()
    write(source, [[0]])
    directory.append(FIRST, source.read(FIRST))
    expectDurableBehindOneSync(directory)
  })

  test('a failed sync is final: all who wait and all who come later are told', () => {
    const directory = new SlowDirectory()
    const { journal } = openGood(directory)
    const outcomes: unknown[] = []
    journal.append(1, payloadOf(1))
    journal.sync((failure) => outcomes.push(failure?.code))
    journal.append(2, payloadOf(2))
    journal.sync((failure) => outcomes.push(failure?.code))
    directory.syncs[0]?.(new StorageFailure('EIO', 'the disk is gone'))
    journal.sync((failure) => outcomes.push(failure?.code))
    expect(outcomes).toEqual(['EIO', 'EIO', 'EIO'])
    expect(() => journal.append(3, payloadOf(3))).toThrow('the disk is gone')
    expect(directory.syncs).toHaveLength(1)
  })

  test('a failed write is final too', () => {
    class FullDirectory extends MemoryFiles {
      override append(): void {
        throw new StorageFailure('ENOSPC', 'no space left')
      }
    }
    const { journal } = openGood(new FullDirectory())
    journal.append(1, payloadOf(1))
    const outcomes: unknown[] = []
    journal.sync((failure) => outcomes.push(failure?.code))
    journal.sync((failure) => outcomes.push(failure?.code))
    expect(outcomes).toEqual(['ENOSPC', 'ENOSPC'])
  })
})
