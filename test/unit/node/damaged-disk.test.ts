/** A disk that gives back something else than was synced ends a node with 78 and the ways out, wherever that shows. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { beforeEach, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import type { NodeConfig } from '../../../src/node/config.ts'
import type { Refusal } from '../../../src/node/exit-codes.ts'
import { createNode, type RunningNode } from '../../../src/node/node.ts'
import { HEADERS, RECEIPTS } from '../../../src/storage/keyspaces.ts'
import { loneValidator, runToBlock1, started } from './lone-validator.ts'

let config: NodeConfig

beforeEach(async () => {
  config = await loneValidator()
  await runToBlock1(config)
})

it('a value of the state with a wrong checksum, met by a running node', async () => {
  await overwriteValue(RECEIPTS.key(1))
  const node = await started(config)
  expect(() => node.api.blockByHeight(1)).toThrow('checksum')
  expectWaysOut(await endOf(node), join(config.dataDir, 'state'))
})

it('a value of the state that is gone, met by a running node', async () => {
  await overwriteValue(RECEIPTS.key(1), null)
  const node = await started(config)
  expect(() => node.api.blockByHeight(1)).toThrow('receipts of block 1')
  expectWaysOut(await endOf(node), join(config.dataDir, 'state'))
})

it('a record of the journal that is damaged, met by a running node', async () => {
  const node = await started(config)
  damageJournal()
  expect(() => node.api.blockByHeight(1)).toThrow('damaged record')
  expectWaysOut(await endOf(node), join(config.dataDir, 'journal'))
})

it('a value of the state with a wrong checksum, met by a start', async () => {
  await overwriteValue(HEADERS.key(1))
  expectWaysOut(await refused(), join(config.dataDir, 'state'))
})

it('a record of the journal that is damaged, met by a start', async () => {
  damageJournal()
  expectWaysOut(await refused(), join(config.dataDir, 'journal'))
})

function expectWaysOut({ exitCode, message }: Refusal, damaged: string): void {
  expect({ exitCode, message }).toMatchObject({ exitCode: 78 })
  expect(message).toContain(`remove ${damaged}`)
}

/** It has ended by now, or does not end of what it has met. */
async function endOf({ ended }: RunningNode): Promise<Refusal> {
  const goesOn = new Promise<Refusal>((resolve) => {
    setImmediate(() => resolve({ exitCode: 0, message: 'it goes on' }))
  })
  return await Promise.race([ended, goesOn])
}

async function refused(): Promise<Refusal> {
  const node = await createNode(config, silentLogger)
  if (!node.ok) return node.error
  await node.value.stop()
  throw new Error('it has started')
}

/** Or removes it. */
async function overwriteValue(key: Uint8Array, value: Uint8Array | null = new Uint8Array(9)): Promise<void> {
  const state = new ClassicLevel<Uint8Array, Uint8Array>(join(config.dataDir, 'state'), {
    keyEncoding: 'view',
    valueEncoding: 'view',
  })
  if (value === null) await state.del(key)
  else await state.put(key, value)
  await state.close()
}

/** In the middle of its first block. */
function damageJournal(): void {
  const path = join(config.dataDir, 'journal', '00000001.journal')
  const bytes = readFileSync(path)
  bytes[200] = (bytes[200] ?? 0) ^ 0xff
  writeFileSync(path, bytes)
}
