import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { TallyReporter } from './test/tally-reporter.ts'

// libp2p calls Promise.withResolvers, which Node 20 lacks.
const node20Compat = 'src/network/libp2p/node20-compat.ts'

export default defineConfig({
  define: { __CANARIES__: 'true' },
  test: {
    reporters: ['default', new TallyReporter()],
    // One a core: the main thread has nothing to do meanwhile.
    maxWorkers: '100%',
    setupFiles: existsSync(node20Compat) ? [`./${node20Compat}`] : [],
    projects: [
      {
        extends: true,
        test: {
          name: 'suite',
          // The simulator makes garbage by the gigabyte, nearly all of it short-lived.
          execArgv: ['--max-semi-space-size=128'],
          include: ['test/{unit,properties,simulation,conformance}/**/*.test.ts'],
          // A hang ends; a machine with other work to do fails nothing.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 60_000, interval: 20 } },
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: './test/build-first.ts',
          // Real processes on real ports: one file at a time, and after everything else.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
