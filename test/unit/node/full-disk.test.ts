/** What is written as a whole is not left in half when the disk is full. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { createConsensusKey, readPublicKey, writeConsensusKey } from '../../../src/node/keys/key-file.ts'
import { createSigningRecord } from '../../../src/node/keys/signing-record-file.ts'
import { writePidFile } from '../../../src/node/pid-file.ts'
import { genesisBlock } from '../replica/genesis-block.ts'

const disk = vi.hoisted(() => ({ isFull: false }))

/** A name still fits. */
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const full = () => Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write', errno: -28 })
  return {
    ...fs,
    writeFileSync: (...args: Parameters<typeof fs.writeFileSync>) => {
      if (disk.isFull) throw full()
      fs.writeFileSync(...args)
    },
    writeSync: (...args: [number, Uint8Array, number, number, number]) => {
      if (disk.isFull) throw full()
      return fs.writeSync(...args)
    },
  }
})

const { hash } = genesisBlock('ours').block
let directory: string
let path: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tertia-full-'))
  path = join(directory, 'consensus-2.json')
  return () => rmSync(directory, { recursive: true })
})

it('leaves no half of a key', () => {
  disk.isFull = true
  const refused = writeConsensusKey(path, createConsensusKey(), null)
  expect(refused).toMatchObject({ ok: false, error: { message: `cannot write ${path}: the disk is full` } })
  expect(readdirSync(directory)).toEqual([])
  disk.isFull = false
  expect(writeConsensusKey(path, createConsensusKey(), null).ok).toBe(true)
  expect(readdirSync(directory)).toEqual(['consensus-2.json'])
  expect(readPublicKey(path).ok).toBe(true)
})

it('is named as what has failed when the process id cannot be written', () => {
  disk.isFull = true
  const failure = expect.objectContaining({ name: 'StorageFailure', code: 'ENOSPC' }) as Error
  expect(() => writePidFile(directory)).toThrow(failure)
  disk.isFull = false
})

it('leaves no half of a signing record, so that the next attempt makes one', async () => {
  disk.isFull = true
  expect(await createSigningRecord(path, hash)).toMatchObject({ ok: false, error: { exitCode: 78 } })
  expect(readdirSync(directory)).toEqual([])
  disk.isFull = false
  for (let attempt = 0; attempt < 2; attempt++) expect((await createSigningRecord(path, hash)).ok).toBe(true)
  expect(readdirSync(directory)).toEqual(['consensus-2.json.signing'])
})
