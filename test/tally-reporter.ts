// Ends a run with one line for people and scripts: `N passed, N failed`, and `, N skipped` if any were.
// Whatever fails outside a test case (a file that does not load, a hook, a stray rejection) counts as a failure.
import { writeSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

export class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const count = tally(modules, unhandledErrors.length)
    // At exit, because vitest itself still prints after its reporters are done. Some failures
    // (global set-up, for one) reach no reporter and show in the exit code alone.
    process.once('exit', (code) => {
      if (code !== 0 && count.failed === 0) count.failed = 1
      const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
      writeSync(process.stdout.fd, `${count.passed} passed, ${count.failed} failed${skipped}\n`)
    })
  }
}

interface Tally {
  passed: number
  failed: number
  skipped: number
}

function tally(modules: readonly TestModule[], strayErrors: number): Tally {
  const count = { passed: 0, failed: strayErrors, skipped: 0, pending: 0 }
  for (const module of modules) {
    count.failed += module.errors().length
    for (const suite of module.children.allSuites()) count.failed += suite.errors().length
    for (const test of module.children.allTests()) count[test.result().state]++
  }
  return { passed: count.passed, failed: count.failed, skipped: count.skipped + count.pending }
}
