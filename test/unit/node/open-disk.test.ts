import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import type { Result } from '../../../src/base/result.ts'
import type { Refusal } from '../../../src/node/exit-codes.ts'
import { type DiskUse, lockDirectory, openDisk } from '../../../src/node/open-disk.ts'
import { Resources } from '../../../src/node/resources.ts'
import type { OpenedChain } from '../../../src/replica/open-replica.ts'
import { temporaryDirectory } from '../cli/cli-harness.ts'
import { genesisBlock } from '../replica/genesis-block.ts'

let data: string
let state: string

beforeEach(() => {
  data = join(temporaryDirectory(), 'data')
  state = join(data, 'state')
})

async function open(use: Partial<DiskUse> = {}): Promise<Result<OpenedChain, Refusal>> {
  const resources = new Resources()
  const defaults = { logger: silentLogger, onFailure: () => undefined, mayRebuild: true }
  try {
    expect(lockDirectory(data, resources).ok).toBe(true)
    return await openDisk(data, genesisBlock('ours'), { ...defaults, resources, watch: (files) => files, ...use })
  } finally {
    await resources.closeAll()
  }
}

describe('a state that cannot be opened', () => {
  it('stays where it is when the reason may pass, as that of a full disk does', async () => {
    expect((await open()).ok).toBe(true)
    rmSync(join(state, 'LOCK'))
    mkdirSync(join(state, 'LOCK'))
    await expect(open()).rejects.toThrow(expect.objectContaining({ name: 'StorageFailure', code: 'LEVEL_IO_ERROR' }))
    expect(new Set(readdirSync(data))).toEqual(new Set(['LOCK', 'journal', 'state']))
    rmSync(join(state, 'LOCK'), { recursive: true })
    expect((await open()).ok).toBe(true)
  })

  it.each([
    ['is damaged', (): void => truncateSync(join(state, 'CURRENT'), 0)],
    ['is not there', (): void => rmSync(join(state, 'CURRENT'))],
  ])('is put aside and made anew when it %s, by a node only', async (_, damage) => {
    expect((await open()).ok).toBe(true)
    damage()
    const refused = await open({ mayRebuild: false })
    expect(refused).toMatchObject({ ok: false, error: { exitCode: 78 } })
    expect(existsSync(`${state}.damaged`)).toBe(false)
    expect((await open()).ok).toBe(true)
    expect(existsSync(`${state}.damaged`)).toBe(true)
  })

  it('is kept when others are put aside after it, of which the last is kept as well', async () => {
    for (const which of ['first', 'second', 'third']) {
      expect((await open()).ok).toBe(true)
      writeFileSync(join(state, which), '')
      rmSync(join(state, 'CURRENT'))
    }
    expect((await open()).ok).toBe(true)
    expect(readdirSync(data).filter((name) => name.includes('damaged'))).toEqual([
      'state.damaged',
      'state.damaged.again',
    ])
    expect(existsSync(join(data, 'state.damaged', 'first'))).toBe(true)
    expect(existsSync(join(data, 'state.damaged.again', 'third'))).toBe(true)
  })
})
