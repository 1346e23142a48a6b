// npm run sim as its user runs it: refused options, and a campaign that is stopped.
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'

const PROGRAM = ['--import', './scripts/typescript.js', 'scripts/sim/main.ts']

/** Stops it at its first line. */
async function stopped(args: readonly string[]): Promise<{ readonly code: number | null; readonly lines: string[] }> {
  const child = spawn(process.execPath, [...PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  createInterface(child.stdout).on('line', (line) => {
    if (lines.push(line) === 1) child.kill('SIGINT')
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, lines }
}

it.for([
  ['seeds', ['--seeds', '7..1000000', '--jobs', '2'], /^not all of them: go on with --seeds \d+\.\.1000000$/],
  ['one thread', ['--seeds', '7..1000000', '--jobs', '1'], /^not all of them: go on with --seeds \d+\.\.1000000$/],
  ['Twins', ['--twins', '--jobs', '2'], /^not all of them: go on with --from \d+$/],
] as const)('a campaign of %s that is stopped says what it found and where to go on', async ([, args, last]) => {
  const { code, lines } = await stopped(args)
  expect(code).toBe(130)
  expect(lines.at(-1)).toMatch(last)
  expect(lines.some((line) => line.endsWith('0 failed'))).toBe(true)
})

it.for([
  [['--twins', '--seeds', '1..9'], '--seeds does not go with --twins'],
  [['--seeds', '9..1'], '--seeds: A..B with A not above B'],
  [['--strategy', 'nobody'], '--strategy'],
  [['--trace'], '--trace and --json go with --replay'],
] as const)('%j is refused with the reason', ([args, reason]) => {
  const { status, stderr } = spawnSync(process.execPath, [...PROGRAM, ...args], { encoding: 'utf8' })
  expect(status).toBe(2)
  expect(stderr).toContain(reason)
})
