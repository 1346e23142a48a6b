/** How a command ends early: one line for stderr and an exit code. Caught in run.ts and nowhere else. */
import type { Result } from '../base/result.ts'
import { EXIT, type Refusal } from '../node/exit-codes.ts'

export class CliFailure extends Error {
  override readonly name: string = 'CliFailure'
  readonly exitCode: number

  constructor(message: string, exitCode: number) {
    super(message)
    this.exitCode = exitCode
  }
}

export function fail(message: string, exitCode: number = EXIT.failed): never {
  throw new CliFailure(message, exitCode)
}

export function unwrap<T>(result: Result<T, Refusal>): T {
  return result.ok ? result.value : fail(result.error.message, result.error.exitCode)
}
