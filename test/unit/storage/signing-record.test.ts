import { describe, expect, test } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { MemoryFiles } from '../../../src/storage/memory/memory-files.ts'
import { SIGNING_PAYLOAD_BYTES_MAX, SigningRecord } from '../../../src/storage/signing-record.ts'
import { StorageFailure } from '../../../src/storage/storage-failure.ts'

const GENESIS_HASH = new Uint8Array(32).fill(7)
const NAME = 'validator.signing'
const HEADER_BYTES = 54

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

  test('golden bytes of a slot', () => {
    const slot = created(Uint8Array.of(0xaa, 0xbb, 0xcc)).read(NAME, 0, HEADER_BYTES + 3 + 4)
    expect(toHex(slot)).toBe(
      '0x7465727469612d7300000001000000000000070707070707070707070707070707070707070707070707070707070707070700000003aabbcc4a6d7ca9',
    )
  })

  test('a write torn at any byte leaves the content before or the new one, never another', () => {
    const directory = created()
    writeNow(opened(directory), payload(2))
    writeNow(opened(directory), payload(3, 30))
    const before = directory.read(NAME)
    writeNow(opened(directory), payload(4, 50))
    const after = directory.read(NAME)
    const changedOffsets = [...after.keys()].filter((i) => after[i] !== before[i])
    const [start = 0, end = 0] = [changedOffsets[0], changedOffsets.at(-1)]
    for (let torn = start; torn <= end; torn++) {
      const bytes = after.slice()
      bytes.set(before.subarray(torn), torn)
      expect(opened(withFile(bytes)).payload).toEqual(payload(3, 30))
      const reversed = before.slice()
      reversed.set(after.subarray(torn + 1), torn + 1)
      const record = opened(withFile(reversed))
      expect(record.payload).toEqual(payload(3, 30))
      writeNow(record, payload(5))
      expect(record.payload).toEqual(payload(5))
    }
    expect(opened(withFile(after)).payload).toEqual(payload(4, 50))
  })

  test('tells apart why it cannot be used', () => {
    const directory = created()
    expect(refusal(new MemoryFiles())).toBe('signing-record-missing')
    expect(refusal(directory, new Uint8Array(32))).toBe('signing-record-other-genesis')
    const bytes = directory.read(NAME)
    expect(refusal(withFile(bytes.slice(0, -1)))).toBe('signing-record-bad')
    expect(refusal(withFile(new Uint8Array(bytes.length)))).toBe('signing-record-bad')
    expect(refusal(withFile(new Uint8Array(0)))).toBe('signing-record-bad')
  })

  test('a flipped bit anywhere in the only slot is found', () => {
    const bytes = created().read(NAME)
    for (let offset = 0; offset < HEADER_BYTES + 40 + 4; offset++) {
      const flipped = bytes.slice()
      flipped[offset] = (flipped[offset] ?? 0) ^ 0x10
      expect(refusal(withFile(flipped))).toBe('signing-record-bad')
    }
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

    override sync(_name: string, done: (failure?: StorageFailure) => void): void {
      this.syncs.push(done)
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

  test('while one is on its way the newest of the waiting stands for all', () => {
    const { directory, record, log, write } = slow()
    for (const fill of [2, 3, 4, 5]) write(fill)
    expect(record.payload).toEqual(payload(5))
    expect([directory.syncs.length, log]).toEqual([1, []])
    directory.syncs[0]?.()
    expect([directory.syncs.length, log]).toEqual([2, ['2 durable']])
    expect(opened(directory).payload).toEqual(payload(5))
    directory.syncs[1]?.()
    expect(log).toEqual(['2 durable', '3 durable', '4 durable', '5 durable'])
    expect(directory.syncs).toHaveLength(2)
  })

  test('a failure is final', () => {
    const { directory, log, write } = slow()
    write(2)
    write(3)
    directory.syncs[0]?.(new StorageFailure('EIO', 'gone'))
    write(4)
    expect(log).toEqual(['2 EIO', '3 EIO', '4 EIO'])
    expect(directory.syncs).toHaveLength(1)
  })
})
