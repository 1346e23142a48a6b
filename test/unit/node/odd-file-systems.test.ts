/** Keys and signing records where links, or even directories, cannot be made: FAT, some of FUSE, /proc. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { createConsensusKey, readPublicKey, writeConsensusKey } from '../../../src/node/keys/key-file.ts'
import { createSigningRecord } from '../../../src/node/keys/signing-record-file.ts'
import { cli, temporaryDirectory } from '../cli/cli-harness.ts'
import { genesisBlock } from '../replica/genesis-block.ts'

const links = vi.hoisted(() => ({ code: 'EPERM' }))

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  linkSync: () => {
    throw Object.assign(new Error(`${links.code}: no links here`), { code: links.code, syscall: 'link', errno: -1 })
  },
}))

const { hash } = genesisBlock('ours').block
let directory: string
let path: string

beforeEach(() => {
  directory = temporaryDirectory()
  path = join(directory, 'consensus.json')
})

it.each(['EPERM', 'ENOSYS', 'EOPNOTSUPP'])('a key and its record are made without links (%s)', async (code) => {
  links.code = code
  expect(writeConsensusKey(path, createConsensusKey(), null).ok).toBe(true)
  expect(await createSigningRecord(path, hash)).toMatchObject({ ok: true })
  expect(readdirSync(directory)).toEqual(['consensus.json', 'consensus.json.signing'])
  expect(readPublicKey(path).ok).toBe(true)
})

it('what is there is not replaced', () => {
  writeFileSync(path, 'mine')
  const refused = writeConsensusKey(path, createConsensusKey(), null)
  expect(refused).toMatchObject({ ok: false, error: { message: `cannot write ${path}: it exists already` } })
  expect(readFileSync(path, 'utf8')).toBe('mine')
  expect(readdirSync(directory)).toEqual(['consensus.json'])
})

it('a file in the place of the directory is named', async () => {
  writeFileSync(path, '')
  const run = await cli('keys', 'new', '--out', path, '--insecure-plain')
  expect(run).toEqual({ code: 1, out: '', err: `tertia: ${path}: it is no directory, or lies in none\n` })
})

it('a place where no directory can be made is named, and not tried for ever', async () => {
  expect(await cli('keys', 'new', '--out', '/proc/tertia/keys', '--insecure-plain')).toEqual({
    code: 1,
    out: '',
    err: 'tertia: /proc/tertia: no directory can be made there\n',
  })
})
