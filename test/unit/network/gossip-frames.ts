/** The gossipsub RPC by hand: protobuf with length-delimited fields only. */
import { utf8 } from '../../../src/base/bytes.ts'

export function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 128)
  }
}

export const lengthPrefixed = (bytes: Uint8Array): Buffer => Buffer.concat([varint(bytes.length), bytes])
export const message = (topic: string, text: string): Buffer =>
  field(2, Buffer.concat([field(2, utf8(text)), field(4, utf8(topic))]))
