import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EMPTY_BYTES } from '../../../src/base/bytes.ts'
import type { Request } from '../../../src/network/requests.ts'
import { exportFromRunning } from '../../../src/node/snapshot/export-running.ts'
import { encodeLinks, encodeManifest } from '../../../src/sync/snapshot/snapshot-records.ts'
import { temporaryDirectory } from '../cli/cli-harness.ts'
import { manifest } from '../types/protocol-samples.ts'

const PATIENCE = { restMs: 1, patienceMs: 40 }

/** Null: busy. */
async function exportWith(answer: (request: Request) => Uint8Array | null) {
  const directory = temporaryDirectory()
  const ask = (request: Request): Promise<Uint8Array | null> => Promise.resolve(answer(request))
  const exported = await exportFromRunning(ask, join(directory, 'chain.snapshot'), PATIENCE)
  return { exported, left: readdirSync(directory) }
}

describe('the export of a running node', () => {
  it('says what to do before the first epoch has ended', async () => {
    const { exported, left } = await exportWith(() => EMPTY_BYTES)
    expect(exported).toMatchObject({ ok: false, error: { exitCode: 75 } })
    expect(exported.ok ? '' : exported.error.message).toContain('stop the node')
    expect(left).toEqual([])
  })

  it('leaves no file when the node lets go of the state meanwhile', async () => {
    const { exported, left } = await exportWith(({ kind }) => {
      if (kind === 'snapshot') return encodeManifest({ ...manifest, links: [] })
      return kind === 'setLinks' ? encodeLinks(manifest.links) : EMPTY_BYTES
    })
    expect(exported.ok ? '' : exported.error.message).toContain('no longer kept')
    expect(left).toEqual([])
  })

  it('asks a node again that is busy, and ends when it is busy without end, at whichever part', async () => {
    let asked = 0
    const { exported: late } = await exportWith(() => (asked++ < 3 ? null : EMPTY_BYTES))
    expect(late.ok ? '' : late.error.message).toContain('stop the node')
    expect(asked).toBe(4)
    const { exported: never } = await exportWith(() => null)
    expect(never).toMatchObject({ ok: false, error: { exitCode: 75 } })
    const { exported, left } = await exportWith(({ kind }) => {
      if (kind === 'snapshot') return encodeManifest({ ...manifest, links: [] })
      return kind === 'setLinks' ? encodeLinks(manifest.links) : null
    })
    expect(exported).toMatchObject({ ok: false, error: { exitCode: 75 } })
    expect(exported.ok ? '' : exported.error.message).toContain('too much to do')
    expect(left).toEqual([])
  })
})
