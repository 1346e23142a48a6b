import { closeSync, constants, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { eventually, run, tertia } from './harness/processes.ts'

it.each(['SIGTERM', 'SIGINT'] as const)('%s ends a node at once that is still opening', async (signal) => {
  const directory = mkdtempSync(join(tmpdir(), 'tertia-opening-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'node.json'), JSON.stringify({ dataDir: '.' }))
  // Reading it takes as long as one likes, as reading a long journal does, and blocks the thread as that does.
  const fifo = join(directory, 'genesis.json')
  expect(await run('mkfifo', [fifo]).ended).toMatchObject({ code: 0 })
  const files = readdirSync(directory)

  const node = tertia(['start', '--data', directory])
  const fd = await eventually('the node reading', () => openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK))
  node.child.kill(signal)
  expect(await node.ended).toEqual({ code: null, signal, stdout: '', stderr: '' })
  closeSync(fd)
  expect(readdirSync(directory)).toEqual(files)
})
