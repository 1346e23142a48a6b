/** The simulator's campaign, with what the other tests leave of the machine: they wait for processes much of the time. */
import { expect, it } from 'vitest'
import { run } from './e2e/harness/processes.ts'

const SEEDS = process.env['SEEDS'] ?? '500'
/** Whoever has other work to do is served first; a hang ends. */
const TIMEOUT_MS = 3_600_000

it(`four replicas keep every invariant under random faults and lies, and meet all that is counted (${SEEDS} seeds)`, {
  timeout: TIMEOUT_MS,
}, async () => {
  const node = [process.execPath, '--max-semi-space-size=128', '--import', './scripts/typescript.js']
  const program = run('nice', ['-n', '19', ...node, 'scripts/sim/main.ts', '--seeds', `1..${SEEDS}`])
  const { code, stdout, stderr } = await program.ended
  expect(code, stdout + stderr).toBe(0)
  console.info(stdout.trimEnd().split('\n').slice(-2).join('\n'))
})
