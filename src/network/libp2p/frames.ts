/**
 * u32 big-endian length ‖ payload. The declared length is checked before anything is set aside
 * for it, and a reader never holds more than twice what has in fact arrived.
 */
const HEADER_BYTES = 4
const FIRST_CAPACITY_BYTES = 4096

/** Several payloads as one write. */
export function encodeFrames(payloads: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const payload of payloads) length += HEADER_BYTES + payload.length
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const payload of payloads) {
    writeLength(bytes, offset, payload.length)
    bytes.set(payload, offset + HEADER_BYTES)
    offset += HEADER_BYTES + payload.length
  }
  return bytes
}

/** The bytes that `payload` takes on the wire. */
export function frameLength(payload: Uint8Array): number {
  return HEADER_BYTES + payload.length
}

export type FrameOutcome = 'ok' | 'too-large'

export class FrameReader {
  readonly #lengthMax: number
  readonly #onFrame: (payload: Uint8Array) => void
  readonly #header = new Uint8Array(HEADER_BYTES)
  #headerLength = 0
  #declared = 0
  #payload = new Uint8Array(0)
  #received = 0

  /** Payloads handed to `onFrame` are the reader's no longer. */
  constructor(lengthMax: number, onFrame: (payload: Uint8Array) => void) {
    this.#lengthMax = lengthMax
    this.#onFrame = onFrame
  }

  /** After 'too-large' the stream has no further meaning. */
  push(chunk: Uint8Array): FrameOutcome {
    let offset = 0
    while (offset < chunk.length) {
      if (this.#headerLength < HEADER_BYTES) {
        offset = this.#readHeader(chunk, offset)
        if (this.#headerLength < HEADER_BYTES) return 'ok'
        if (this.#declared > this.#lengthMax) return 'too-large'
      }
      offset = this.#readPayload(chunk, offset)
    }
    return 'ok'
  }

  #readHeader(chunk: Uint8Array, from: number): number {
    let offset = from
    while (this.#headerLength < HEADER_BYTES && offset < chunk.length) {
      this.#header[this.#headerLength++] = chunk[offset++] as number
    }
    if (this.#headerLength === HEADER_BYTES) this.#declared = readLength(this.#header)
    return offset
  }

  #readPayload(chunk: Uint8Array, from: number): number {
    const taken = Math.min(this.#declared - this.#received, chunk.length - from)
    const part = chunk.subarray(from, from + taken)
    if (this.#received === 0 && taken === this.#declared) {
      // A copy, of the plain kind: the chunk is a view (Node's Buffer slices to one, too) of a larger read.
      this.#finish(new Uint8Array(part))
      return from + taken
    }
    this.#reserve(this.#received + taken)
    this.#payload.set(part, this.#received)
    this.#received += taken
    if (this.#received === this.#declared) this.#finish(this.#payload.subarray(0, this.#declared))
    return from + taken
  }

  #reserve(length: number): void {
    if (length <= this.#payload.length) return
    const grown = new Uint8Array(Math.min(this.#declared, Math.max(FIRST_CAPACITY_BYTES, 2 * length)))
    grown.set(this.#payload.subarray(0, this.#received))
    this.#payload = grown
  }

  #finish(payload: Uint8Array): void {
    this.#headerLength = 0
    this.#received = 0
    this.#payload = new Uint8Array(0)
    this.#onFrame(payload)
  }
}

function writeLength(bytes: Uint8Array, offset: number, length: number): void {
  bytes[offset] = length >>> 24
  bytes[offset + 1] = length >>> 16
  bytes[offset + 2] = length >>> 8
  bytes[offset + 3] = length
}

function readLength(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset, HEADER_BYTES).getUint32(0)
}
