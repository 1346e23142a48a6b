import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { lockDirectory, openDisk } from '../../../src/node/open-disk.ts'
import { Resources } from '../../../src/node/resources.ts'
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
})
