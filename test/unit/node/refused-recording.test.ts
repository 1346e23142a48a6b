/** A node that is refused leaves the recording of another as it is. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { type NodeConfig, readConfig } from '../../../src/node/config.ts'
import { createNode } from '../../../src/node/node.ts'
import { lockDirectory, openDisk } from '../../../src/node/open-disk.ts'
import { Resources } from '../../../src/node/resources.ts'
import { heightValue } from '../../../src/storage/block-operations.ts'
import { META } from '../../../src/storage/keyspaces.ts'
import { LevelStore } from '../../../src/storage/level/level-store.ts'
import { cli, temporaryDirectory } from '../cli/cli-harness.ts'
import { genesisBlock, genesisText } from '../replica/genesis-block.ts'

const NETWORK = 'ours'
let config: NodeConfig
let recording: string

beforeEach(async () => {
  const directory = temporaryDirectory()
  const [genesis, data] = [join(directory, 'genesis.json'), join(directory, 'data')]
  recording = join(directory, 'recording')
  writeFileSync(genesis, genesisText(NETWORK))
  expect(await cli('init', '--genesis', genesis, '--data', data)).toMatchObject({ code: 0, err: '' })
  const read = readConfig(join(data, 'node.json'))
  if (!read.ok) throw new Error(read.error.message)
  config = { ...read.value, recordPath: recording }
})

it('when another process has the data directory', async () => {
  const another = new Resources()
  expect(lockDirectory(config.dataDir, another).ok).toBe(true)
  writeFileSync(recording, 'tertia-rec/2 and half of a record')
  expect(await createNode(config, silentLogger)).toMatchObject({ ok: false, error: { exitCode: 75 } })
  expect(readFileSync(recording, 'utf8')).toBe('tertia-rec/2 and half of a record')
  await another.closeAll()
})

it('and says so when its chain begins with a snapshot, which no replay could begin with', async () => {
  await beginWithSnapshot(7)
  const refused = await createNode(config, silentLogger)
  expect(refused).toMatchObject({ ok: false, error: { exitCode: 78 } })
  expect(refused.ok ? '' : refused.error.message).toContain('leave out --record')
})

async function beginWithSnapshot(height: number): Promise<void> {
  const resources = new Resources()
  const use = { logger: silentLogger, resources, onFailure: () => undefined, mayRebuild: true }
  expect(lockDirectory(config.dataDir, resources).ok).toBe(true)
  expect((await openDisk(config.dataDir, genesisBlock(NETWORK), { ...use, watch: (files) => files })).ok).toBe(true)
  await resources.closeAll()
  const place = join(config.dataDir, 'state')
  const state = await LevelStore.open(place, { create: false, cacheBytes: 1 << 20, onFailure: () => undefined })
  if (!state.ok) throw new Error(state.error.message)
  state.value.write([{ type: 'put', key: META.key('history from'), value: heightValue(height) }])
  await state.value.close()
}
