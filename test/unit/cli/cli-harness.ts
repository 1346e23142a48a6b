import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { runCli } from '../../../src/cli/run.ts'

export interface CliRun {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Without a terminal, as scripts run it. */
export async function cli(...args: string[]): Promise<CliRun> {
  let out = ''
  let err = ''
  const code = await runCli(args, {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    interactive: false,
    askSecret: () => Promise.reject(new Error('a prompt without a terminal')),
  })
  return { code, out, err }
}

/** Gone when the test is over. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'tertia-cli-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
