/**
 * Recursive Length Prefix: Ethereum yellow paper, appendix B.
 *
 * The reader is strict: there is exactly one encoding of an item, so decoding and encoding
 * again gives the input byte for byte. Deviation: nesting is limited, see NESTING_MAX.
 */
import { EMPTY_BYTES } from '../base/bytes.ts'
import { InvariantViolation } from '../base/invariant.ts'
import { DecodeError } from './decode-error.ts'

export type RlpItem = Uint8Array | readonly RlpItem[]

/** BOUND: lists in lists; without it a few kilobytes of 0xc1… exhaust the stack of a reader. @internal */
export const NESTING_MAX = 16

const STRING_PREFIX = 0x80
const LIST_PREFIX = 0xc0
/** The longest payload whose length is part of the prefix byte. */
const SHORT_LENGTH_MAX = 55
/** BOUND: bytes of a length; four reach 4 GiB and keep the arithmetic exact. */
const LENGTH_BYTES_MAX = 4

export function encodeRlp(item: RlpItem): Uint8Array {
  if (item instanceof Uint8Array) {
    const bytes = new Uint8Array(encodedBytesLength(item))
    new Writer(bytes, []).write(item)
    return bytes
  }
  const payloadLengths: number[] = []
  const bytes = new Uint8Array(measure(item, payloadLengths, 1))
  new Writer(bytes, payloadLengths).write(item)
  return bytes
}

/**
 * The one item that `bytes` encode. Byte strings are views of the input: it must not be
 * written to while they are in use.
 * @throws DecodeError for anything but the canonical encoding of exactly one item.
 */
export function decodeRlp(bytes: Uint8Array): RlpItem {
  const reader = new Reader(bytes)
  const item = reader.read(bytes.length, 0)
  if (reader.offset !== bytes.length) throw new DecodeError(`RLP: ${bytes.length - reader.offset} bytes after the item`)
  return item
}

function headerLength(payloadLength: number): number {
  return payloadLength <= SHORT_LENGTH_MAX ? 1 : 1 + lengthOfLength(payloadLength)
}

function lengthOfLength(length: number): number {
  return (32 - Math.clz32(length) + 7) >>> 3
}

function encodedBytesLength(bytes: Uint8Array): number {
  if (bytes.length === 1 && (bytes[0] as number) < STRING_PREFIX) return 1
  return headerLength(bytes.length) + bytes.length
}

/** The encoded length of a list; the payload length of each list goes to `payloadLengths` in the order of writing. */
function measure(list: readonly RlpItem[], payloadLengths: number[], nesting: number): number {
  if (nesting > NESTING_MAX) throw new InvariantViolation(`RLP: lists nested deeper than ${NESTING_MAX}`)
  const index = payloadLengths.push(0) - 1
  let length = 0
  for (const item of list) {
    length += item instanceof Uint8Array ? encodedBytesLength(item) : measure(item, payloadLengths, nesting + 1)
  }
  payloadLengths[index] = length
  return headerLength(length) + length
}

class Writer {
  readonly #out: Uint8Array
  readonly #payloadLengths: readonly number[]
  #offset = 0
  #lists = 0

  constructor(out: Uint8Array, payloadLengths: readonly number[]) {
    this.#out = out
    this.#payloadLengths = payloadLengths
  }

  write(item: RlpItem): void {
    if (item instanceof Uint8Array) {
      this.#writeBytes(item)
      return
    }
    this.#writeHeader(LIST_PREFIX, this.#payloadLengths[this.#lists] as number)
    this.#lists += 1
    for (const child of item) this.write(child)
  }

  #writeBytes(bytes: Uint8Array): void {
    const isItsOwnEncoding = bytes.length === 1 && (bytes[0] as number) < STRING_PREFIX
    if (!isItsOwnEncoding) this.#writeHeader(STRING_PREFIX, bytes.length)
    this.#out.set(bytes, this.#offset)
    this.#offset += bytes.length
  }

  #writeHeader(prefix: number, length: number): void {
    if (length <= SHORT_LENGTH_MAX) {
      this.#out[this.#offset++] = prefix + length
      return
    }
    const bytes = lengthOfLength(length)
    this.#out[this.#offset++] = prefix + SHORT_LENGTH_MAX + bytes
    for (let shift = 8 * (bytes - 1); shift >= 0; shift -= 8) this.#out[this.#offset++] = length >>> shift
  }
}

class Reader {
  readonly #bytes: Uint8Array
  offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The item at `offset`, which has to end at or before `end`. */
  read(end: number, nesting: number): RlpItem {
    if (this.offset >= end) throw new DecodeError('RLP: an item is missing')
    const prefix = this.#bytes[this.offset] as number
    if (prefix < STRING_PREFIX) return this.#take(1)
    this.offset += 1
    return prefix < LIST_PREFIX ? this.#readBytes(prefix, end) : this.#readList(prefix, end, nesting + 1)
  }

  #readBytes(prefix: number, end: number): Uint8Array {
    const length = this.#readLength(prefix - STRING_PREFIX, end)
    if (length === 0) return EMPTY_BYTES
    const bytes = this.#take(length)
    if (length === 1 && (bytes[0] as number) < STRING_PREFIX) {
      throw new DecodeError('RLP: a byte below 0x80 with a prefix')
    }
    return bytes
  }

  #readList(prefix: number, end: number, nesting: number): readonly RlpItem[] {
    if (nesting > NESTING_MAX) throw new DecodeError(`RLP: lists nested deeper than ${NESTING_MAX}`)
    const listEnd = this.#readLength(prefix - LIST_PREFIX, end) + this.offset
    const items: RlpItem[] = []
    while (this.offset < listEnd) items.push(this.read(listEnd, nesting))
    return items
  }

  /** The payload length that `code` (a prefix without its kind) stands for, known to fit before `end`. */
  #readLength(code: number, end: number): number {
    const length = code <= SHORT_LENGTH_MAX ? code : this.#readLongLength(code - SHORT_LENGTH_MAX, end)
    if (length > end - this.offset) throw new DecodeError('RLP: a length beyond the end')
    return length
  }

  #readLongLength(bytes: number, end: number): number {
    if (bytes > LENGTH_BYTES_MAX || bytes > end - this.offset) throw new DecodeError('RLP: a length beyond the end')
    if (this.#bytes[this.offset] === 0) throw new DecodeError('RLP: a length with leading zeros')
    let length = 0
    for (let i = 0; i < bytes; i++) length = length * 256 + (this.#bytes[this.offset++] as number)
    if (length <= SHORT_LENGTH_MAX) throw new DecodeError('RLP: a short length in the long form')
    return length
  }

  #take(length: number): Uint8Array {
    this.offset += length
    return this.#bytes.subarray(this.offset - length, this.offset)
  }
}
