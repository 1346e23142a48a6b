import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { lockDirectory, openDisk } from '../../../src/node/open-disk.ts'
import { Resources } from '../../../src/node/resources.ts'
import { writeSnapshotFile } from '../../../src/node/snapshot/snapshot-file.ts'
import { genesisBlock, genesisText } from '../replica/genesis-block.ts'
import { type CliRun, cli, temporaryDirectory } from './cli-harness.ts'

const NETWORK = 'ours'
let directory: string
let data: string

beforeEach(async () => {
  directory = temporaryDirectory()
  data = join(directory, 'data')
  const genesis = join(directory, 'genesis.json')
  writeFileSync(genesis, genesisText(NETWORK))
  expect(await cli('init', '--genesis', genesis, '--data', data)).toMatchObject({ code: 0, err: '' })
})

async function beginChain(): Promise<void> {
  const resources = new Resources()
  const use = { logger: silentLogger, resources, onFailure: () => undefined, mayRebuild: true }
  expect(lockDirectory(data, resources).ok).toBe(true)
  expect((await openDisk(data, genesisBlock(NETWORK), { ...use, watch: (files) => files })).ok).toBe(true)
  await resources.closeAll()
}

function exportTo(file: string): Promise<CliRun> {
  return cli('snapshot', 'export', '--data', data, '--to', file)
}

describe('snapshot export', () => {
  it('says of a disk that fails what failed, in one line and with the code of a failure that may pass', async () => {
    await beginChain()
    rmSync(join(data, 'state', 'LOCK'))
    mkdirSync(join(data, 'state', 'LOCK'))
    const { code, err } = await exportTo(join(directory, 'file'))
    expect({ code, err }).toEqual({
      code: 70,
      err: expect.stringMatching(/^tertia: storage failed: .*LOCK: Is a directory\n$/) as string,
    })
  })

  it('refuses a directory as the file, and leaves nothing beside it', async () => {
    await beginChain()
    const { code, err } = await exportTo(data)
    expect({ code, err }).toEqual({ code: 1, err: `tertia: ${data} is a directory: name a file\n` })
    expect(new Set(readdirSync(directory))).toEqual(new Set(['data', 'genesis.json']))
  })

  it('makes no chain where there is none, for that would be in the way of an import', async () => {
    const { code, err } = await exportTo(join(directory, 'file'))
    expect({ code, err }).toEqual({ code: 78, err: expect.stringContaining('holds no chain') as string })
    expect(readdirSync(data)).not.toContain('journal')
    expect(readdirSync(data)).not.toContain('state')
  })
})

describe('a snapshot file', () => {
  it('leaves no draft behind, and says why, when it cannot be put in its place', async () => {
    await expect(writeSnapshotFile(data, [])).rejects.toThrow(/EISDIR/)
    expect(new Set(readdirSync(directory))).toEqual(new Set(['data', 'genesis.json']))
  })
})
