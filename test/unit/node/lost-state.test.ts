import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { readConfig } from '../../../src/node/config.ts'
import { createNode } from '../../../src/node/node.ts'
import { lockDirectory, openDisk } from '../../../src/node/open-disk.ts'
import { Resources } from '../../../src/node/resources.ts'
import { ACCOUNT_NODES } from '../../../src/storage/keyspaces.ts'
import { LevelStore } from '../../../src/storage/level/level-store.ts'
import { idBytes } from '../../../src/types/ids.ts'
import { cli, temporaryDirectory } from '../cli/cli-harness.ts'
import { genesisBlock, genesisText } from '../replica/genesis-block.ts'

const NETWORK = 'ours'

it('a state that has lost a part of the newest one is damaged, and a start says what to do about it', async () => {
  const directory = temporaryDirectory()
  const [genesis, data] = [join(directory, 'genesis.json'), join(directory, 'data')]
  writeFileSync(genesis, genesisText(NETWORK))
  expect(await cli('init', '--genesis', genesis, '--data', data)).toMatchObject({ code: 0, err: '' })
  await loseRoot(data)
  const config = readConfig(join(data, 'node.json'))
  if (!config.ok) throw new Error(config.error.message)
  const refused = await createNode(config.value, silentLogger)
  expect(refused).toMatchObject({ ok: false, error: { exitCode: 78 } })
  expect(refused.ok ? '' : refused.error.message).toContain(`remove ${join(data, 'state')}, and start again`)
})

async function loseRoot(data: string): Promise<void> {
  const resources = new Resources()
  const use = { logger: silentLogger, resources, onFailure: () => undefined, mayRebuild: true }
  const network = genesisBlock(NETWORK)
  expect(lockDirectory(data, resources).ok).toBe(true)
  expect((await openDisk(data, network, { ...use, watch: (files) => files })).ok).toBe(true)
  await resources.closeAll()
  const options = { create: false, cacheBytes: 1 << 20, onFailure: () => undefined }
  const state = await LevelStore.open(join(data, 'state'), options)
  if (!state.ok) throw new Error(state.error.message)
  const root = idBytes(network.block.header.stateRoot)
  state.value.write([{ type: 'del', key: ACCOUNT_NODES.key(new Uint8Array(0), root) }])
  await state.value.close()
}
