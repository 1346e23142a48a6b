/**
 * The file that `start --record` writes and `replay` reads (docs/operations.md, "Recording a node"):
 *
 *     magic 12 ‖ records: length u32 ‖ crc32c u32 ‖ rlp([kind, field, …])
 *
 * Written behind the node's back, never synced: what a crash cuts off at the end is lost, and says nothing wrong.
 */
import { closeSync, createWriteStream, openSync, readFileSync, statSync, truncateSync, type WriteStream } from 'node:fs'
import { bytesEqual, concatBytes, utf8 } from '../../base/bytes.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../codec/rlp.ts'
import { crc32c } from '../../storage/crc32c.ts'
import { systemReason } from '../system-reason.ts'

export interface RecordEntry {
  readonly kind: string
  readonly fields: readonly RlpItem[]
}

const MAGIC = utf8('tertia-rec/2')
const HEAD_BYTES = 8
/** BOUND: of the file; then recording ends, and the node goes on. */
const FILE_BYTES_MAX = 1024 ** 3
/** BOUND: what waits for the disk; a disk that cannot keep up ends the recording, not the node. */
const BACKLOG_BYTES_MAX = 256 * 1024 ** 2

export class RecordWriter {
  readonly #stream: WriteStream
  readonly #onEnd: (reason: string) => void
  #length: number
  #isEnded = false

  /** Goes on behind the last whole record of a file that is there; `onKept` is told of each. */
  static open(
    path: string,
    onEnd: (reason: string) => void,
    onKept: (entry: RecordEntry) => void = () => undefined,
  ): Result<RecordWriter, Rejection<'badRecording'>> {
    try {
      // Now rather than with the first record: who cannot record what was asked for had better not start.
      closeSync(openSync(path, 'a', 0o600))
      if (statSync(path).size === 0) return ok(new RecordWriter(path, 0, onEnd))
      const read = readRecords(path)
      if (!read.ok) return read
      truncateSync(path, read.value.end)
      for (const entry of read.value.entries) onKept(entry)
      return ok(new RecordWriter(path, read.value.end, onEnd))
    } catch (error) {
      return err(rejection('badRecording', `cannot write the recording ${path}: ${systemReason(error)}`))
    }
  }

  private constructor(path: string, length: number, onEnd: (reason: string) => void) {
    this.#stream = createWriteStream(path, { flags: 'a' })
    this.#stream.on('error', (error) => this.#end(error.message))
    this.#onEnd = onEnd
    this.#length = length
    if (length === 0) this.#write(MAGIC)
  }

  append({ kind, fields }: RecordEntry): void {
    if (this.#isEnded) return
    const payload = encodeRlp([utf8(kind), ...fields])
    const head = new Uint8Array(HEAD_BYTES)
    const view = new DataView(head.buffer)
    view.setUint32(0, payload.length)
    view.setUint32(4, crc32c(payload))
    this.#write(concatBytes(head, payload))
    if (this.#length > FILE_BYTES_MAX) this.#end('the recording has reached its greatest size')
    else if (this.#stream.writableLength > BACKLOG_BYTES_MAX) this.#end('the disk of the recording cannot keep up')
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(resolve))
  }

  #write(bytes: Uint8Array): void {
    this.#length += bytes.length
    this.#stream.write(bytes)
  }

  #end(reason: string): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#onEnd(reason)
  }
}

export interface ReadRecords {
  readonly entries: readonly RecordEntry[]
  /** Length of the whole records, bytes. */
  readonly end: number
}

/** Up to the first record that is cut short or damaged. */
export function readRecords(path: string): Result<ReadRecords, Rejection<'badRecording'>> {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(readFileSync(path))
  } catch (error) {
    return err(rejection('badRecording', `cannot read the recording ${path}: ${systemReason(error)}`))
  }
  if (bytes.length > 0 && !bytesEqual(bytes.subarray(0, MAGIC.length), MAGIC))
    return err(rejection('badRecording', `${path} is no recording of this version of the program`))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const entries: RecordEntry[] = []
  let end = Math.min(MAGIC.length, bytes.length)
  while (end + HEAD_BYTES <= bytes.length) {
    const start = end + HEAD_BYTES
    const payload = bytes.subarray(start, start + view.getUint32(end))
    if (start + view.getUint32(end) > bytes.length || crc32c(payload) !== view.getUint32(end + 4)) break
    const item = decodeRlp(payload)
    const [kind, ...fields] = item instanceof Uint8Array ? [] : item
    if (!(kind instanceof Uint8Array)) break
    entries.push({ kind: new TextDecoder().decode(kind), fields })
    end = start + payload.length
  }
  return ok({ entries, end })
}
