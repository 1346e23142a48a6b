import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { Journal } from '../../../src/storage/journal/journal.ts'
import { NodeFiles } from '../../../src/storage/node-files/node-files.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const OPTIONS = { genesisHash: new Uint8Array(32), segmentBytes: 1 << 16, fromSegment: 1, reliedOn: null }
const KILLS = 8

/** Kills the writer when it has acknowledged `count` more times; the last number it acknowledged. */
function killAfter(writer: ChildProcessByStdio<null, Readable, null>, count: number): Promise<number> {
  return new Promise((resolve) => {
    let text = ''
    writer.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.split('\n').length > count) writer.kill('SIGKILL')
    })
    writer.on('close', () => resolve(Number(text.split('\n').at(-2) ?? 0)))
  })
}

test('every acknowledged record survives kill -9, in order and whole', async () => {
  const directory = temporaryDirectory()
  const program = join(directory, 'writer.mjs')
  const entry = join(import.meta.dirname, 'journal-writer.ts')
  const define = { __CANARIES__: 'false' }
  await build({ entryPoints: [entry], outfile: program, bundle: true, platform: 'node', format: 'esm', define })
  const path = join(directory, 'journal')
  let acknowledged = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    acknowledged = Math.max(acknowledged, await killAfter(writer, 5 + kill * 7))
    const files = new NodeFiles(path)
    let count = 0
    const opened = Journal.open(files, OPTIONS, (_type, payload) => {
      count += 1
      const number = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0)
      expect(number).toBe(count)
      expect(payload.length).toBe(4 + ((count * 997) % 5000))
      expect(payload.subarray(4).every((byte) => byte === (number & 0xff))).toBe(true)
    })
    expect(opened.ok).toBe(true)
    expect(count).toBeGreaterThanOrEqual(acknowledged)
    expect(count).toBeGreaterThan(0)
    files.close()
  }
  expect(acknowledged).toBeGreaterThan(100)
})
