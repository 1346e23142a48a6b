/** Where a command writes and asks. */
import { createInterface } from 'node:readline/promises'

export interface CliIo {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** A person is at the keyboard: only then may a command ask anything. */
  readonly interactive: boolean
  /** Reads a line without showing it. */
  askSecret(question: string): Promise<string>
}

export const processIo: CliIo = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  interactive: process.stdin.isTTY && process.stderr.isTTY,
  askSecret: async (question) => {
    process.stderr.write(question)
    // readline echoes what is typed into its output, so it gets none.
    const lines = createInterface({ input: process.stdin, terminal: true })
    const answer = await lines.question('')
    lines.close()
    process.stderr.write('\n')
    return answer
  },
}

/** A result: as one line of JSON for programs, or as text for people. */
export function show(io: CliIo, json: boolean | undefined, value: unknown, text: () => string): void {
  io.out(json === true ? `${JSON.stringify(value, bigIntAsText)}\n` : `${text()}\n`)
}

function bigIntAsText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
