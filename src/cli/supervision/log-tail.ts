/** Follows a log file that another process writes. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'

const POLL_INTERVAL_MS = 100
const CHUNK_BYTES = 64 * 1024
/** BOUND: of a line that is kept until its end comes. */
const LINE_CHARACTERS_MAX = 64 * 1024
const WORDS_CHARACTERS_MAX = 300
const TIME = /^\d{4}-\S+Z /

export class LogTail {
  readonly #path: string
  readonly #onLine: (line: string) => void
  readonly #timer: NodeJS.Timeout
  readonly #decoder = new TextDecoder()
  #position: number
  #rest = ''

  /** Begins with what is written from now on. */
  constructor(path: string, onLine: (line: string) => void) {
    this.#path = path
    this.#onLine = onLine
    this.#position = sizeOf(path)
    this.#timer = setInterval(() => this.#read(), POLL_INTERVAL_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#read()
  }

  #read(): void {
    const size = sizeOf(this.#path)
    if (size < this.#position) this.#position = 0
    if (size === this.#position) return
    const fd = openSync(this.#path, 'r')
    const chunk = new Uint8Array(CHUNK_BYTES)
    while (this.#position < size) {
      const count = readSync(fd, chunk, 0, CHUNK_BYTES, this.#position)
      if (count === 0) break
      this.#position += count
      this.#take(this.#decoder.decode(chunk.subarray(0, count), { stream: true }))
    }
    closeSync(fd)
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = (lines.pop() ?? '').slice(-LINE_CHARACTERS_MAX)
    for (const line of lines) this.#onLine(line)
  }
}

/** The end of the log in a few words; undefined when there is none. */
export function lastWords(path: string): string | undefined {
  const size = sizeOf(path)
  if (size === 0) return undefined
  const fd = openSync(path, 'r')
  const tail = new Uint8Array(Math.min(size, CHUNK_BYTES))
  readSync(fd, tail, 0, tail.length, size - tail.length)
  closeSync(fd)
  const line = new TextDecoder().decode(tail).trimEnd().split('\n').at(-1)
  return line?.replace(TIME, '').slice(0, WORDS_CHARACTERS_MAX)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
