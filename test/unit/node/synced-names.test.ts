/** What a power cut may not take is synced into the directory that names it. */
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { lockDirectory, openDisk } from '../../../src/node/open-disk.ts'
import { Resources } from '../../../src/node/resources.ts'
import { cli, temporaryDirectory } from '../cli/cli-harness.ts'
import { genesisBlock } from '../replica/genesis-block.ts'

const disk = vi.hoisted(() => ({ synced: [] as string[] }))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return {
    ...fs,
    fsyncSync: (fd: number) => {
      disk.synced.push(fs.readlinkSync(`/proc/self/fd/${fd}`))
      fs.fsyncSync(fd)
    },
  }
})

beforeEach(() => {
  disk.synced = []
})

it.each([
  ['new', false],
  ['made before by one that was killed', true],
])('the journal, in a data directory that is %s', async (_, isThere) => {
  const data = join(temporaryDirectory(), 'data')
  if (isThere) mkdirSync(join(data, 'journal'), { recursive: true })
  const resources = new Resources()
  const use = { logger: silentLogger, resources, onFailure: () => undefined, mayRebuild: true }
  expect(lockDirectory(data, resources).ok).toBe(true)
  expect((await openDisk(data, genesisBlock('ours'), { ...use, watch: (files) => files })).ok).toBe(true)
  await resources.closeAll()
  expect(disk.synced).toContain(data)
  if (!isThere) expect(disk.synced).toContain(dirname(data))
})

it('the directory of new keys', async () => {
  const directory = temporaryDirectory()
  expect((await cli('keys', 'new', '--out', join(directory, 'a', 'b'), '--insecure-plain')).code).toBe(0)
  expect(disk.synced).toEqual(expect.arrayContaining([directory, join(directory, 'a'), join(directory, 'a', 'b')]))
})
