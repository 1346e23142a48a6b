/** Records in a file: a first line that names the format, then each record behind its length. */
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'

const FIRST_LINE = Buffer.from('tertia-snapshot/1\n', 'latin1')
const LENGTH_BYTES = 4
/** BOUND: one record; the manifest is the largest of a chain with many epochs. */
const RECORD_BYTES_MAX = 256 * 1024 * 1024

/** Complete or absent: the name is there when everything is on disk. Resolves to the size in bytes. */
export async function writeSnapshotFile(
  path: string,
  records: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<number> {
  const draft = `${path}.${process.pid}.draft`
  try {
    const bytes = await writeRecords(draft, records)
    renameSync(draft, path)
    return bytes
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/** Durably. */
async function writeRecords(path: string, records: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<number> {
  const fd = openSync(path, 'wx', 0o600)
  let bytes = 0
  const write = (part: Uint8Array): void => {
    for (let at = 0; at < part.length; ) at += writeSync(fd, part, at)
    bytes += part.length
  }
  try {
    write(FIRST_LINE)
    for await (const record of records) {
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt32BE(record.length)
      write(length)
      write(record)
    }
    fsyncSync(fd)
    return bytes
  } finally {
    closeSync(fd)
  }
}

export class SnapshotReader {
  readonly #fd: number

  constructor(path: string) {
    this.#fd = openSync(path, 'r')
  }

  /** Before the first record. */
  checkFirstLine(): Result<void, Rejection> {
    return this.#read(FIRST_LINE.length)?.equals(FIRST_LINE) === true
      ? ok(undefined)
      : err(rejection('badSnapshot', 'it is no snapshot of a version that this program reads'))
  }

  /** Null at the end of the file. */
  next(): Result<Uint8Array | null, Rejection> {
    const length = this.#read(LENGTH_BYTES)
    if (length === null) return ok(null)
    if (length.length < LENGTH_BYTES) return err(TORN)
    const size = length.readUInt32BE()
    if (size > RECORD_BYTES_MAX) return err(rejection('badSnapshot', `a record of ${size} bytes`))
    const record = this.#read(size)
    return record === null || record.length < size ? err(TORN) : ok(new Uint8Array(record))
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** Shorter at the end of the file; null when nothing is left. */
  #read(length: number): Buffer | null {
    const buffer = Buffer.alloc(length)
    let at = 0
    for (;;) {
      const count = readSync(this.#fd, buffer, at, length - at, null)
      at += count
      if (count === 0 || at === length) break
    }
    return at === 0 && length > 0 ? null : buffer.subarray(0, at)
  }
}

const TORN = rejection('badSnapshot', 'it ends in the middle of a record: fetch the file again')
