import { describe, expect, test } from 'vitest'
import { bytesEqual, toHex } from '../../../src/base/bytes.ts'
import { crc32c } from '../../../src/storage/crc32c.ts'
import type { SyncDone } from '../../../src/storage/file-port.ts'
import { MemoryFiles } from '../../../src/storage/memory/memory-files.ts'
import { SIGNING_PAYLOAD_BYTES_MAX, SigningRecord } from '../../../src/storage/signing-record.ts'
import { StorageFailure } from '../../../src/storage/storage-failure.ts'

const GENESIS_HASH = new Uint8Array(32).fill(7)
const NAME = 'validator.signing'
const HEADER_BYTES = 54
const COPY_BYTES = SIGNING_PAYLOAD_BYTES_MAX + 4096

function payload(fill: number, length = 40): Uint8Array {
  return new Uint8Array(length).fill(fill)
}

function created(first = payload(1)): MemoryFiles {
  const directory = new MemoryFiles()
  let outcome: unknown = 'not done'
  SigningRecord.create(directory, NAME, GENESIS_HASH, first, (failure) => {
    outcome = failure
  })
  expect(outcome).toBeUndefined()
  return directory
}

function opened(directory: MemoryFiles): SigningRecord {
  const result = SigningRecord.open(directory, NAME, GENESIS_HASH)
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

function writeNow(record: SigningRecord, content: Uint8Array): void {
  let outcome: unknown = 'not done'
  record.write(content, (failure) => {
    outcome = failure
  })
  expect(outcome).toBeUndefined()
}

function refusal(directory: MemoryFiles, genesisHash = GENESIS_HASH): string {
  const result = SigningRecord.open(directory, NAME, genesisHash)
  return result.ok ? 'opened' : result.error.code
}

/** A disk with places that cannot be read. */
class UnreadableFiles extends MemoryFiles {
  readonly #offsets: readonly number[]
  readonly #code: string

  constructor(files: ReadonlyMap<string, Uint8Array>, offsets: readonly number[], code: string) {
    super(files)
    this.#offsets = offsets
    this.#code = code
  }

  override read(name: string, offset = 0, length?: number): Uint8Array {
    if (this.#offsets.includes(offset)) throw new StorageFailure(this.#code, 'this place cannot be read')
    return super.read(name, offset, length)
  }
}

function flipped(file: Uint8Array, offset: number): Uint8Array {
  const bytes = file.slice()
  bytes[offset] = (bytes[offset] ?? 0) ^ 0x10
  return bytes
}

/** The file as it is on disk after each sync of a write, the first as it was before. */
function stages(directory: MemoryFiles, content: Uint8Array): readonly Uint8Array[] {
  const files: Uint8Array[] = []
  const disk = new MemoryFiles(new Map([[NAME, directory.read(NAME)]]), (done) => {
    files.push(disk.read(NAME))
    done()
  })
  writeNow(opened(disk), content)
  return files
}

function pairs<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.slice(1).map((item, index) => [items[index] as T, item] as const)
}

/** Cut off at each byte, from the front and from the back. */
function* tornBetween(from: Uint8Array, to: Uint8Array): Generator<Uint8Array> {
  const changed = [...to.keys()].filter((i) => to[i] !== from[i])
  for (let torn = changed[0] ?? 0; torn <= (changed.at(-1) ?? 0); torn++) {
    const front = to.slice()
    front.set(from.subarray(torn), torn)
    yield front
    const back = from.slice()
    back.set(to.subarray(torn + 1), torn + 1)
    yield back
  }
}

/** A file of two slots written in turn had the same frame. */
function inFirstSchema(file: Uint8Array): Uint8Array {
  const bytes = file.slice()
  const view = new DataView(bytes.buffer)
  const end = HEADER_BYTES + view.getUint32(50)
  view.setUint32(8, 1)
  view.setUint32(end, crc32c(bytes.subarray(0, end)))
  return bytes
}

/** The same file with other bytes. */
function withFile(bytes: Uint8Array): MemoryFiles {
  const directory = new MemoryFiles()
  directory.create(NAME)
  directory.append(NAME, bytes)
  return directory
}

describe('the signing record', () => {
  test('gives back what was written last', () => {
    const directory = created()
    expect(opened(directory).payload).toEqual(payload(1))
    const record = opened(directory)
    for (let i = 2; i < 9; i++) {
      writeNow(record, payload(i, i * 10))
      expect(record.payload).toEqual(payload(i, i * 10))
      expect(opened(directory).payload).toEqual(payload(i, i * 10))
    }
  })

  test('golden bytes of a copy', () => {
    const copy = created(Uint8Array.of(0xaa, 0xbb, 0xcc)).read(NAME, 0, HEADER_BYTES + 3 + 4)
    expect(toHex(copy)).toBe(
      '0x7465727469612d7300000002000000000000070707070707070707070707070707070707070707070707070707070707070700000003aabbcc8a5dde9b',
    )
  })

  test('stands twice in its file', () => {
    const directory = created()
    writeNow(opened(directory), payload(2))
    const file = directory.read(NAME)
    expect(file).toHaveLength(2 * COPY_BYTES)
    expect(bytesEqual(file.subarray(0, COPY_BYTES), file.subarray(COPY_BYTES))).toBe(true)
  })

  test('a write torn at any byte of either copy leaves the content before or the new one, never another', () => {
    const directory = created()
    writeNow(opened(directory), payload(2, 30))
    const files = stages(directory, payload(3, 50))
    for (const [from, to] of pairs(files)) {
      for (const torn of tornBetween(from, to)) {
        const record = opened(withFile(torn))
        expect([payload(2, 30), payload(3, 50)]).toContainEqual(record.payload)
        writeNow(record, payload(5))
        expect(record.payload).toEqual(payload(5))
      }
    }
  })

  test('a copy that is damaged once both are on disk costs nothing, and the next write mends it', () => {
    const directory = created()
    writeNow(opened(directory), payload(2))
    writeNow(opened(directory), payload(3))
    for (const place of [0, 1]) {
      for (let offset = 0; offset < HEADER_BYTES + 40 + 4; offset++) {
        const damaged = withFile(flipped(directory.read(NAME), place * COPY_BYTES + offset))
        const record = opened(damaged)
        expect(record.payload).toEqual(payload(3))
        writeNow(record, payload(4))
        for (const other of [0, COPY_BYTES])
          expect(opened(withFile(flipped(damaged.read(NAME), other))).payload).toEqual(payload(4))
      }
    }
  })

  test('a write torn beside a damaged copy leaves a record that is new enough', () => {
    const directory = created()
    writeNow(opened(directory), payload(2, 30))
    for (const place of [0, COPY_BYTES]) {
      const damaged = withFile(flipped(directory.read(NAME), place))
      for (const [from, to] of pairs(stages(damaged, payload(3, 50)))) {
        for (const torn of tornBetween(from, to))
          expect([payload(2, 30), payload(3, 50)]).toContainEqual(opened(withFile(torn)).payload)
      }
    }
  })

  test('with both copies damaged nothing is signed, and it says what that means', () => {
    const directory = created()
    writeNow(opened(directory), payload(2))
    const result = SigningRecord.open(
      withFile(flipped(flipped(directory.read(NAME), 60), COPY_BYTES + 61)),
      NAME,
      GENESIS_HASH,
    )
    expect(result.ok ? 'opened' : result.error.code).toBe('signing-record-bad')
    expect(result.ok ? '' : result.error.message).toContain('what the key has signed last is not known')
  })

  test('a copy that the disk cannot read is one that is damaged; a disk that reads nothing is no record', () => {
    const directory = created()
    writeNow(opened(directory), payload(2))
    for (const place of [0, COPY_BYTES]) {
      const failing = new UnreadableFiles(new Map([[NAME, directory.read(NAME)]]), [place], 'EIO')
      expect(opened(failing).payload).toEqual(payload(2))
    }
    const broken = new UnreadableFiles(new Map([[NAME, directory.read(NAME)]]), [0, COPY_BYTES], 'EIO')
    expect(refusal(broken)).toBe('signing-record-bad')
    const forbidden = new UnreadableFiles(new Map([[NAME, directory.read(NAME)]]), [0], 'EACCES')
    expect(() => opened(forbidden)).toThrow(StorageFailure)
  })

  test('a length that leads to the end of its copy, or beyond, is damage', () => {
    const directory = created()
    for (const length of [COPY_BYTES - HEADER_BYTES - 3, COPY_BYTES - HEADER_BYTES, COPY_BYTES, 2 ** 32 - 1]) {
      const bytes = directory.read(NAME)
      new DataView(bytes.buffer).setUint32(50, length)
      expect(opened(withFile(bytes)).payload).toEqual(payload(1))
    }
  })

  test('tells apart why it cannot be used', () => {
    const directory = created()
    expect(refusal(new MemoryFiles())).toBe('signing-record-missing')
    expect(refusal(directory, new Uint8Array(32))).toBe('signing-record-other-genesis')
    const bytes = directory.read(NAME)
    expect(refusal(withFile(bytes.slice(0, -1)))).toBe('signing-record-bad')
    expect(refusal(withFile(new Uint8Array(bytes.length)))).toBe('signing-record-bad')
    expect(refusal(withFile(new Uint8Array(0)))).toBe('signing-record-bad')
    expect(refusal(withFile(inFirstSchema(bytes)))).toBe('signing-record-unknown-schema')
  })

  test('of two whole copies the newer is read', () => {
    const directory = created()
    writeNow(opened(directory), payload(2))
    // After what was read, the other copy, and the one that was kept.
    const [before, between, after] = stages(directory, payload(3)) as [Uint8Array, Uint8Array, Uint8Array]
    expect([before, between, after].map((file) => opened(withFile(file)).payload[0])).toEqual([2, 3, 3])
    expect(bytesEqual(between.subarray(0, COPY_BYTES), between.subarray(COPY_BYTES))).toBe(false)
  })

  test('is made when its content and its name are on disk', () => {
    const syncs: SyncDone[] = []
    const directory = new MemoryFiles(new Map(), (done) => syncs.push(done))
    let isMade = false
    SigningRecord.create(directory, NAME, GENESIS_HASH, payload(1), () => {
      isMade = true
    })
    expect([syncs.length, isMade]).toEqual([1, false])
    syncs[0]?.()
    expect([syncs.length, isMade]).toEqual([2, false])
    syncs[1]?.()
    expect(isMade).toBe(true)
  })

  test('is made once: what exists is never replaced', () => {
    const directory = created()
    let code: unknown
    SigningRecord.create(directory, NAME, GENESIS_HASH, payload(9), (failure) => {
      code = failure?.code
    })
    expect(code).toBe('EEXIST')
    expect(opened(directory).payload).toEqual(payload(1))
  })

  test('takes the largest payload and no larger', () => {
    const record = opened(created(payload(1, SIGNING_PAYLOAD_BYTES_MAX)))
    writeNow(record, payload(2, SIGNING_PAYLOAD_BYTES_MAX))
    expect(() => record.write(payload(3, SIGNING_PAYLOAD_BYTES_MAX + 1), () => undefined)).toThrow('larger')
  })
})

describe('writes of the signing record on a slow disk', () => {
  class SlowDirectory extends MemoryFiles {
    readonly syncs: ((failure?: StorageFailure) => void)[] = []

    #finished = 0

    override sync(_name: string, done: (failure?: StorageFailure) => void): void {
      this.syncs.push(done)
    }

    finish(count: number): void {
      for (const end = this.#finished + count; this.#finished < end; this.#finished++) this.syncs[this.#finished]?.()
    }

    /** The first byte of each copy's payload. */
    fills(): readonly (number | undefined)[] {
      return [0, COPY_BYTES].map((start) => this.read(NAME, start + HEADER_BYTES, 1)[0])
    }
  }

  function slow() {
    const directory = new SlowDirectory()
    directory.create(NAME)
    directory.append(NAME, created().read(NAME))
    const log: string[] = []
    const record = opened(directory)
    const write = (fill: number) => {
      record.write(payload(fill), (failure) => log.push(`${fill} ${failure?.code ?? 'durable'}`))
    }
    return { directory, record, log, write }
  }

  test('a copy is replaced when the other is on disk, and the write counts when both are', () => {
    const { directory, log, write } = slow()
    write(2)
    // What was read, for a start.
    expect([directory.fills(), log]).toEqual([[1, 1], []])
    directory.syncs[0]?.()
    expect([directory.fills(), log]).toEqual([[1, 2], []])
    directory.syncs[1]?.()
    expect([directory.fills(), log]).toEqual([[2, 2], []])
    directory.syncs[2]?.()
    expect([directory.fills(), log]).toEqual([[2, 2], ['2 durable']])
    write(3)
    expect(directory.fills()).toEqual([2, 3])
  })

  test('while one is on its way the newest of the waiting stands for all', () => {
    const { directory, record, log, write } = slow()
    for (const fill of [2, 3, 4, 5]) write(fill)
    expect(record.payload).toEqual(payload(5))
    directory.finish(3)
    expect(log).toEqual(['2 durable'])
    directory.finish(1)
    expect(log).toEqual(['2 durable'])
    directory.finish(1)
    expect(log).toEqual(['2 durable', '3 durable', '4 durable', '5 durable'])
    expect(opened(directory).payload).toEqual(payload(5))
    expect(directory.syncs).toHaveLength(5)
  })

  test.each([0, 1, 2])('a failure is final, at whichever sync: %d', (at) => {
    const { directory, log, write } = slow()
    write(2)
    write(3)
    directory.finish(at)
    directory.syncs[at]?.(new StorageFailure('EIO', 'gone'))
    write(4)
    expect(log).toEqual(['2 EIO', '3 EIO', '4 EIO'])
    expect(directory.syncs).toHaveLength(at + 1)
  })
})
