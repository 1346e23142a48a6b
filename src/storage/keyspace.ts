/** Keys of one kind: a first byte of their own, then parts in order of significance. */
import { concatBytes } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'
import type { KeyField } from './key-fields.ts'
import type { KeyRange } from './key-value-store.ts'

type Fields<Parts extends readonly unknown[]> = { readonly [I in keyof Parts]: KeyField<Parts[I]> }

export class Keyspace<Parts extends readonly unknown[]> {
  readonly #prefix: number
  readonly #fields: Fields<Parts>
  readonly #fixedWidth: number

  constructor(prefix: number, fields: Fields<Parts>) {
    invariant(fields.filter((field) => field.width === undefined).length <= 1, 'one part of a key may vary in width')
    this.#prefix = prefix
    this.#fields = fields
    this.#fixedWidth = fields.reduce((sum, field) => sum + (field.width ?? 0), 1)
  }

  key(...parts: Parts): Uint8Array {
    return this.#encode(parts)
  }

  /** The inverse of `key`. */
  parts(key: Uint8Array): Parts {
    invariant(key[0] === this.#prefix && key.length >= this.#fixedWidth, 'the key is of another kind')
    let offset = 1
    const parts = this.#fields.map((field) => {
      const start = offset
      offset += field.width ?? key.length - this.#fixedWidth
      return field.decode(key.subarray(start, offset))
    })
    invariant(offset === key.length, 'the key is of another kind')
    return parts as unknown as Parts
  }

  /** Where keys lie whose first parts are `first`; all of the kind without any. */
  range(...first: Partial<Parts>): Pick<KeyRange, 'gte' | 'lt'> {
    const gte = this.#encode(first)
    return { gte, lt: successor(gte) }
  }

  #encode(parts: readonly unknown[]): Uint8Array {
    const encoded = this.#fields.slice(0, parts.length).map((field, i) => field.encode(parts[i]))
    return concatBytes(Uint8Array.of(this.#prefix), ...encoded)
  }
}

/** The lowest key above all that begin with `prefix`. */
function successor(prefix: Uint8Array): Uint8Array {
  const significant = prefix.findLastIndex((byte) => byte !== 0xff) + 1
  const next = prefix.slice(0, significant)
  next[significant - 1] = (next[significant - 1] as number) + 1
  return next
}
