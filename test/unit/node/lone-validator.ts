/** A node of a network with one validator, which makes block 1 final without any work. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { type NodeConfig, readConfig } from '../../../src/node/config.ts'
import { writeConsensusKey } from '../../../src/node/keys/key-file.ts'
import { createNode, type RunningNode } from '../../../src/node/node.ts'
import { cli, temporaryDirectory } from '../cli/cli-harness.ts'
import { genesisText } from '../replica/genesis-block.ts'

export async function loneValidator(): Promise<NodeConfig> {
  const directory = temporaryDirectory()
  const place = (name: string) => join(directory, name)
  writeFileSync(place('genesis.json'), genesisText('ours'))
  expect(writeConsensusKey(place('key.json'), new Uint8Array(32).fill(7), null).ok).toBe(true)
  const places = ['--genesis', place('genesis.json'), '--data', place('data'), '--key', place('key.json')]
  expect(await cli('init', ...places)).toMatchObject({ code: 0, err: '' })
  const read = readConfig(join(place('data'), 'node.json'))
  if (!read.ok) throw new Error(read.error.message)
  return { ...read.value, p2p: { ...read.value.p2p, listen: ['/ip4/127.0.0.1/tcp/0'] } }
}

/** Stopped when the test is over. */
export async function started(config: NodeConfig): Promise<RunningNode> {
  const node = await createNode(config, silentLogger)
  if (!node.ok) throw new Error(node.error.message)
  onTestFinished(() => node.value.stop())
  return node.value
}

export async function runToBlock1(config: NodeConfig): Promise<void> {
  const node = await started(config)
  if (node.api.head().header.height < 1)
    await new Promise<void>((resolve) => node.api.subscribe({ block: () => resolve() }))
  await node.stop()
}
