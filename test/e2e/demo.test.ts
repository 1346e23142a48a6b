/** `npm run demo`, whose own exit code says whether its story held. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { eventually, isAlive, processesOf, ROOT, run } from './harness/processes.ts'

const TYPESCRIPT = join(ROOT, 'scripts/typescript.js')
const STORY_TIMEOUT_MS = 240_000

/** With a directory for temporary files of its own, so that what it leaves there can be seen. */
function demo() {
  const directory = mkdtempSync(join(tmpdir(), 'demo-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const program = run('env', [`TMPDIR=${directory}`, process.execPath, '--import', TYPESCRIPT, 'scripts/demo/main.ts'])
  onTestFinished(() => void program.child.kill('SIGKILL'))
  return { directory, program }
}

it(
  'plays every step, each with its reason, and leaves nothing behind',
  async () => {
    const { directory, program } = demo()
    const { code, stdout } = await program.ended
    expect({ code, failure: /FAILED.*/s.exec(stdout)?.[0] }).toEqual({ code: 0, failure: undefined })
    const titles = [...stdout.matchAll(/^\d\. (.+)$/gm)].map(([, title]) => title)
    const held = [...stdout.matchAll(/^ {2}✓ (.+)$/gm)].map(([, title]) => title)
    expect(titles.length).toBeGreaterThan(0)
    expect(held).toEqual(titles)
    expect(stdout.match(/^ {3}because /gm)).toHaveLength(titles.length)
    expect(readdirSync(directory)).toEqual([])
    expect(processesOf(directory)).toEqual([])
  },
  STORY_TIMEOUT_MS,
)

it('leaves nothing behind when it is interrupted', async () => {
  const { directory, program } = demo()
  await eventually('the first step', () => program.stdout().includes('\n1. ') || undefined, 60_000)
  const started = processesOf(directory)
  expect(started.length).toBeGreaterThanOrEqual(6)
  program.child.kill('SIGINT')
  expect((await program.ended).code).toBe(130)
  expect(started.filter(isAlive)).toEqual([])
  expect(readdirSync(directory)).toEqual([])
})
