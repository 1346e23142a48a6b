import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.ts'
import { TallyReporter } from './test/tally-reporter.ts'

// libp2p calls Promise.withResolvers, which Node 20 lacks.
const node20Compat = 'src/network/libp2p/node20-compat.ts'

const PURE = [
  'test/unit/{base,codec,consensus,crypto,ledger,mempool,replica,sync,trie,types,validation}/**/*.test.ts',
  'test/{properties,simulation}/**/*.test.ts',
]

export default defineConfig({
  define: { __CANARIES__: 'true' },
  test: {
    reporters: ['default', new TallyReporter()],
    // One a core, and one that waits for the campaign; the main thread has nothing to do meanwhile.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    // The simulator makes garbage by the gigabyte, nearly all of it short-lived.
    execArgv: ['--max-semi-space-size=128'],
    setupFiles: existsSync(node20Compat) ? [`./${node20Compat}`] : [],
    // A hang ends; a machine with other work to do fails nothing.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
    projects: [
      { extends: true, test: { name: 'campaign', include: ['test/campaign.test.ts'] } },
      // Real processes on real ports, of their own for each file.
      {
        extends: true,
        test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], globalSetup: './test/build-first.ts' },
      },
      // What is pure keeps nothing from one call to the next: its files share processes.
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      {
        extends: true,
        test: { name: 'suite', include: ['test/{unit,conformance}/**/*.test.ts'], exclude: PURE },
      },
    ],
  },
})
