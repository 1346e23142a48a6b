/**
 * Calls of the keyValue module as clients send them and as the reference ledger reads them: the ABI of
 * three functions by hand, sharing no code with the module or its codec.
 */
import { bytesEqual, concatBytes, toHex, utf8 } from '../../base/bytes.ts'
import { keccak256 } from '../../crypto/keccak.ts'
import type { Address } from '../../types/ids.ts'

export type KeyValueCall =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'remove'; readonly key: Uint8Array }
  | {
      readonly kind: 'compareAndSet'
      readonly key: Uint8Array
      readonly expectedHash: Uint8Array
      readonly value: Uint8Array
    }

export const KEY_VALUE_ADDRESS = '0x0000000000000000000000000000000000001001' as Address

const WORD = 32
const SELECTOR = 4
const PUT = selector('put(bytes32,bytes)')
const REMOVE = selector('remove(bytes32)')
const COMPARE_AND_SET = selector('compareAndSet(bytes32,bytes32,bytes)')

export function encodeKeyValueCall(call: KeyValueCall): Uint8Array {
  switch (call.kind) {
    case 'put':
      return concatBytes(PUT, call.key, word(2 * WORD), word(call.value.length), padded(call.value))
    case 'remove':
      return concatBytes(REMOVE, call.key)
    case 'compareAndSet':
      return concatBytes(
        COMPARE_AND_SET,
        call.key,
        call.expectedHash,
        word(3 * WORD),
        word(call.value.length),
        padded(call.value),
      )
  }
}

/** Undefined for anything that `encodeKeyValueCall` does not make. */
export function decodeKeyValueCall(data: Uint8Array): KeyValueCall | undefined {
  const name = data.subarray(0, SELECTOR)
  const at = (index: number): Uint8Array => data.subarray(SELECTOR + index * WORD, SELECTOR + (index + 1) * WORD)
  const tail = (index: number): Uint8Array => {
    const start = SELECTOR + (index + 1) * WORD
    return data.subarray(start, start + numberOf(at(index)))
  }
  if (bytesEqual(name, PUT)) return { kind: 'put', key: at(0), value: tail(2) }
  if (bytesEqual(name, REMOVE)) return { kind: 'remove', key: at(0) }
  if (bytesEqual(name, COMPARE_AND_SET))
    return { kind: 'compareAndSet', key: at(0), expectedHash: at(1), value: tail(3) }
  return undefined
}

/** What the module must hold after the same calls: a plain map for each owner. */
export class KeyValueReference {
  readonly #values = new Map<string, Uint8Array>()

  /** Whether the call succeeds; only then is anything changed. */
  apply(owner: string, call: KeyValueCall): boolean {
    const place = `${owner} ${toHex(call.key)}`
    const held = this.#values.get(place)
    if (call.kind === 'remove') return this.#values.delete(place)
    const heldHash = held === undefined ? new Uint8Array(WORD) : keccak256(held)
    if (call.kind === 'compareAndSet' && !bytesEqual(heldHash, call.expectedHash)) return false
    this.#values.set(place, call.value)
    return true
  }
}

function selector(signature: string): Uint8Array {
  return keccak256(utf8(signature)).subarray(0, SELECTOR)
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(WORD)
  new DataView(bytes.buffer).setUint32(WORD - 4, value)
  return bytes
}

function padded(value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(value.length / WORD) * WORD)
  bytes.set(value)
  return bytes
}

function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(WORD - 4)
}
