import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Heap } from '../../../src/mempool/heap.ts'

interface Item {
  readonly key: number
  index: number
}

const step = fc.record({ kind: fc.constantFrom('push', 'push', 'push', 'remove', 'pop'), number: fc.nat(1_000) })

function drained(heap: Heap<Item>): number[] {
  const copy = heap.copy()
  const keys: number[] = []
  for (let item = copy.pop(); item !== undefined; item = copy.pop()) keys.push(item.key)
  return keys
}

describe('Heap', () => {
  it('gives its items in order whatever came and went, and tells each where it stands', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const heap = new Heap<Item>(
          (a, b) => a.key < b.key,
          (item, index) => {
            item.index = index
          },
        )
        const held: Item[] = []
        for (const { kind, number } of steps) {
          if (kind === 'push') {
            const item = { key: number, index: -1 }
            held.push(item)
            heap.push(item)
          } else if (held.length > 0) {
            const top = heap.items[0] as Item
            const item = kind === 'pop' ? top : (held[number % held.length] as Item)
            held.splice(held.indexOf(item), 1)
            if (kind === 'pop') expect(heap.pop()).toBe(item)
            else heap.removeAt(item.index)
          }
          expect(held.every((item) => heap.items[item.index] === item)).toBe(true)
          expect(drained(heap)).toEqual(held.map(({ key }) => key).sort((a, b) => a - b))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('does not tell owners of moves in a copy', () => {
    const heap = new Heap<Item>(
      (a, b) => a.key < b.key,
      (item, index) => {
        item.index = index
      },
    )
    const items = [3, 1, 2].map((key) => ({ key, index: -1 }))
    for (const item of items) heap.push(item)
    const before = items.map(({ index }) => index)
    expect(drained(heap)).toEqual([1, 2, 3])
    expect(items.map(({ index }) => index)).toEqual(before)
  })
})
