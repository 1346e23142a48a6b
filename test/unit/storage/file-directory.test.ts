/** What every FileDirectory owes, held by each of them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { FileDirectory } from '../../../src/storage/file-port.ts'
import { MemoryFiles } from '../../../src/storage/memory/memory-files.ts'
import { NodeFiles } from '../../../src/storage/node-files/node-files.ts'
import type { StorageFailure } from '../../../src/storage/storage-failure.ts'
import { temporaryDirectory } from './temporary-directory.ts'

function nodeFiles(): NodeFiles {
  const files = new NodeFiles(join(temporaryDirectory(), 'made', 'on', 'the', 'way'))
  onTestFinished(() => files.close())
  return files
}

const IMPLEMENTATIONS: Record<string, () => FileDirectory> = {
  'on disk': nodeFiles,
  'in memory': () => new MemoryFiles(),
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}

function outcome(sync: (done: (failure?: StorageFailure) => void) => void): Promise<StorageFailure | undefined> {
  return new Promise((resolve) => sync(resolve))
}

describe.each(Object.keys(IMPLEMENTATIONS))('a directory %s', (name) => {
  const make = () => IMPLEMENTATIONS[name]?.() ?? new MemoryFiles()

  test('appends in order and reads any part, no further than the end', () => {
    const files = make()
    files.create('a')
    files.append('a', bytes(1, 2, 3))
    files.append('a', bytes())
    files.append('a', bytes(4, 5))
    expect(files.read('a')).toEqual(bytes(1, 2, 3, 4, 5))
    expect(files.read('a', 1, 3)).toEqual(bytes(2, 3, 4))
    expect(files.read('a', 3)).toEqual(bytes(4, 5))
    expect(files.read('a', 4, 100)).toEqual(bytes(5))
    expect(files.read('a', 9, 1)).toEqual(bytes())
  })

  test('what was read does not change with the file, nor the file with it', () => {
    const files = make()
    files.create('a', 2)
    const before = files.read('a')
    files.overwrite('a', 0, bytes(7))
    before[1] = 9
    expect([before, files.read('a')]).toEqual([bytes(0, 9), bytes(7, 0)])
  })

  test('makes files of zeros, overwrites inside them and never beyond', () => {
    const files = make()
    files.create('slots', 6)
    files.overwrite('slots', 4, bytes(8, 9))
    expect(files.read('slots')).toEqual(bytes(0, 0, 0, 0, 8, 9))
    expect(() => files.overwrite('slots', 5, bytes(1, 2))).toThrow(expect.objectContaining({ code: 'EINVAL' }))
    expect(files.read('slots')).toHaveLength(6)
  })

  test('truncates, and appends where it cut', () => {
    const files = make()
    files.create('a')
    files.append('a', bytes(1, 2, 3))
    files.truncate('a', 1)
    files.append('a', bytes(4))
    expect(files.read('a')).toEqual(bytes(1, 4))
  })

  test('lists names in order, and forgets what is removed', () => {
    const files = make()
    for (const file of ['b', 'a', 'c']) files.create(file)
    files.remove('b')
    expect(files.list()).toEqual(['a', 'c'])
    expect(() => files.read('b')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    files.create('b')
    expect(files.read('b')).toEqual(bytes())
  })

  test('refuses to create what exists and to use what does not', () => {
    const files = make()
    files.create('a')
    expect(() => files.create('a')).toThrow(expect.objectContaining({ name: 'StorageFailure', code: 'EEXIST' }))
    const missing = [
      () => files.read('b'),
      () => files.append('b', bytes(1)),
      () => files.overwrite('b', 0, bytes(1)),
      () => files.truncate('b', 0),
      () => files.remove('b'),
    ]
    for (const use of missing) expect(use).toThrow(expect.objectContaining({ name: 'StorageFailure', code: 'ENOENT' }))
  })

  test('syncs what exists and hands over the failure for what does not', async () => {
    const files = make()
    files.create('a')
    files.append('a', bytes(1))
    expect(await outcome((done) => files.sync('a', done))).toBeUndefined()
    expect(await outcome((done) => files.syncDirectory(done))).toBeUndefined()
    expect(await outcome((done) => files.sync('b', done))).toMatchObject({ name: 'StorageFailure', code: 'ENOENT' })
  })
})

describe('a directory on disk', () => {
  test('uses more files than it keeps open', () => {
    const files = nodeFiles()
    const names = Array.from({ length: 200 }, (_, i) => `${i}`.padStart(3, '0'))
    for (const name of names) files.create(name)
    for (const name of names) files.append(name, bytes(Number(name)))
    expect(names.map((name) => files.read(name)[0])).toEqual(names.map(Number))
  })

  test('sees the files of the process before it', () => {
    const path = temporaryDirectory()
    writeFileSync(join(path, 'old'), 'text')
    const files = new NodeFiles(path)
    onTestFinished(() => files.close())
    expect(files.list()).toEqual(['old'])
    expect(new TextDecoder().decode(files.read('old'))).toBe('text')
  })

  test('surfaces the disk being full', () => {
    const files = new NodeFiles('/dev')
    onTestFinished(() => files.close())
    expect(() => files.append('full', bytes(1))).toThrow(
      expect.objectContaining({ name: 'StorageFailure', code: 'ENOSPC' }),
    )
  })
})
