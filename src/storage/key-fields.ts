/** Parts that keys are made of. All but one part of a key have a fixed width. */
import { utf8 } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'

export interface KeyField<T> {
  /** Undefined for the part that takes what the others leave. */
  readonly width: number | undefined
  readonly encode: (value: T) => Uint8Array
  readonly decode: (bytes: Uint8Array) => T
}

export function bytesField(width: number): KeyField<Uint8Array> {
  return {
    width,
    encode: (value) => {
      invariant(value.length === width, `a key part has ${value.length} bytes instead of ${width}`)
      return value
    },
    decode: (bytes) => bytes,
  }
}

export const restField: KeyField<Uint8Array> = {
  width: undefined,
  encode: (value) => value,
  decode: (bytes) => bytes,
}

export const textField: KeyField<string> = {
  width: undefined,
  encode: utf8,
  decode: (bytes) => new TextDecoder().decode(bytes),
}

export const uint32Field: KeyField<number> = {
  width: 4,
  encode: (value) => {
    invariant(Number.isInteger(value) && value >= 0 && value < 2 ** 32, `${value} is no 32-bit key part`)
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, value)
    return bytes
  },
  decode: (bytes) => new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0),
}

/** Safe integers only. */
export const uint64Field: KeyField<number> = {
  width: 8,
  encode: (value) => {
    invariant(Number.isSafeInteger(value) && value >= 0, `${value} is no key part`)
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
    return bytes
  },
  decode: (bytes) => Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0)),
}
