import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { MissingNodeError } from '../../../src/trie/node-source.ts'
import { Trie } from '../../../src/trie/trie.ts'
import { applied, inKeyOrder, type TestChange } from './oracle.ts'

/** Keys of 32 bytes that share prefixes of every length, values short enough to be inline and long enough not to be. */
const key = fc
  .tuple(fc.constantFrom(0, 1, 16, 0xff), fc.constantFrom(0, 15, 31), fc.nat(255))
  .map(([fill, at, byte]) => {
    const bytes = new Uint8Array(32).fill(fill)
    bytes[at] = byte
    return bytes
  })
const value = fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.uint8Array({ minLength: 33, maxLength: 60 }))
const changes = fc.array(fc.tuple(key, fc.option(value, { nil: undefined })), { maxLength: 40 })

function lowestDifference(before: ReadonlyMap<string, Uint8Array>, after: ReadonlyMap<string, Uint8Array>) {
  const keys = [...new Set([...inKeyOrder(before), ...inKeyOrder(after)].map(([name]) => name))].toSorted((a, b) =>
    a < b ? -1 : 1,
  )
  const hex = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : toHex(bytes))
  const found = keys.find((name) => hex(before.get(name)) !== hex(after.get(name)))
  return found === undefined ? undefined : { key: found, before: hex(before.get(found)), after: hex(after.get(found)) }
}

describe('the first difference of two tries', () => {
  it('is the lowest key that they hold otherwise, be they in memory or loaded node by node', () => {
    fc.assert(
      fc.property(changes, changes, fc.boolean(), (common, more, isLoaded) => {
        const base = Trie.empty().update(common as TestChange[])
        const next = base.update(more as TestChange[])
        const nodes = new Map(
          next.changesSince(Trie.empty()).created.map(({ hash, encoding }) => [toHex(hash), encoding]),
        )
        const after = isLoaded ? Trie.at(next.root(), { load: (_, hash) => nodes.get(toHex(hash)) }) : next
        const content = applied(new Map(), common)
        const found = base.firstDifference(after)
        const expected = lowestDifference(content, applied(content, more))
        expect(
          found === undefined
            ? undefined
            : {
                key: toHex(found.key),
                before: found.before === undefined ? undefined : toHex(found.before),
                after: found.after === undefined ? undefined : toHex(found.after),
              },
        ).toEqual(expected)
      }),
    )
  })

  it('asks for the nodes on the way to it and for no others', () => {
    const keys = Array.from({ length: 256 }, (_, first) => new Uint8Array(32).fill(first))
    const base = Trie.empty().update(keys.map((each) => [each, new Uint8Array(40)]))
    const next = base.update([[keys[77] as Uint8Array, new Uint8Array(40).fill(1)]])
    const stored = new Map(next.changesSince(Trie.empty()).created.map(({ hash, encoding }) => [toHex(hash), encoding]))
    const held = new Map<string, Uint8Array>()
    const remote = Trie.at(next.root(), { load: (_, hash) => held.get(toHex(hash)) })
    for (;;)
      try {
        expect(base.firstDifference(remote)?.key).toEqual(keys[77])
        break
      } catch (error) {
        if (!(error instanceof MissingNodeError)) throw error
        const name = toHex(error.hash)
        held.set(name, stored.get(name) as Uint8Array)
      }
    expect(held.size).toBe(3)
  })
})
