/** What a node that stops for good writes down for a person to read: byte strings as hexadecimal. */
import { toHex } from '../base/bytes.ts'

export function haltReport(reason: string, details: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ reason, ...details }, readable, 2)
}

function readable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? toHex(value) : value
}
