import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const PASSING = "import { it } from 'vitest'\nit('passes', () => {})\n"

/** Runs vitest with our reporter on the given test files and returns its last line and exit code. */
function runOn(files: Record<string, string>): { lastLine: string | undefined; status: number | null } {
  const root = mkdtempSync(join(tmpdir(), 'tally-'))
  try {
    symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'))
    const reporter = JSON.stringify(join(process.cwd(), 'test/tally-reporter.ts'))
    writeFileSync(
      join(root, 'vitest.config.ts'),
      `import { TallyReporter } from ${reporter}\nexport default { test: { reporters: ['default', new TallyReporter()] } }\n`,
    )
    for (const [name, code] of Object.entries(files)) writeFileSync(join(root, name), code)
    const vitest = join(process.cwd(), 'node_modules/vitest/vitest.mjs')
    const { status, stdout } = spawnSync(process.execPath, [vitest, 'run', '--root', root], { encoding: 'utf8' })
    return { lastLine: stdout.trimEnd().split('\n').at(-1), status }
  } finally {
    rmSync(root, { recursive: true })
  }
}

it('ends a sound run with the number of passed cases', () => {
  expect(runOn({ 'a.test.ts': PASSING })).toEqual({ lastLine: '1 passed, 0 failed', status: 0 })
})

it('counts cases, hooks, stray rejections and files that do not load', () => {
  const imports = "import { beforeAll, describe, it } from 'vitest'\n"
  const outcome = runOn({
    'a.test.ts': PASSING,
    'case.test.ts': `${imports}it('fails', () => { throw new Error() })\nit.skip('skips', () => {})\n`,
    'hook.test.ts': `${imports}describe('hook', () => { beforeAll(() => { throw new Error() })\nit('is never run', () => {}) })\n`,
    'load.test.ts': "import './nowhere.ts'\n",
    'stray.test.ts': `${imports}it('passes', async () => { Promise.reject(new Error()); await new Promise((r) => setTimeout(r, 50)) })\n`,
  })
  expect(outcome).toEqual({ lastLine: '2 passed, 4 failed, 2 skipped', status: 1 })
})
