/** The lowest key at which two tries differ, found by going down both together where their references differ. */
import { bytesEqual, compareBytes, concatBytes } from '../base/bytes.ts'
import { extended, type Inside, isSame, type Position, type Side, step } from './difference.ts'
import { fromNibbles } from './nibbles.ts'
import type { Node } from './node.ts'
import { loaded, type NodeSource } from './node-source.ts'

export interface EntryDifference {
  readonly key: Uint8Array
  /** Undefined where the trie does not hold the key. */
  readonly before: Uint8Array | undefined
  readonly after: Uint8Array | undefined
}

type PathEntry = readonly [path: Uint8Array, value: Uint8Array]

/** Undefined when both hold the same. All keys are of one length, so that no value lies in a branch. */
export function firstDifference(before: Side, after: Side): EntryDifference | undefined {
  function walk(a: Position, b: Position, path: Uint8Array): EntryDifference | undefined {
    if (isSame(a, b)) return undefined
    const fromA = resolved(a, path, before.source)
    const fromB = resolved(b, path, after.source)
    if (!leadsOn(fromA) || !leadsOn(fromB))
      return firstOf(entriesBelow(fromA, path, before.source), entriesBelow(fromB, path, after.source))
    for (let nibble = 0; nibble < 16; nibble++) {
      const found = walk(step(fromA, nibble), step(fromB, nibble), extended(path, nibble))
      if (found !== undefined) return found
    }
    return undefined
  }

  return walk(before.root, after.root, new Uint8Array(0))
}

function resolved(position: Position, path: Uint8Array, source: NodeSource): Node | Inside | undefined {
  return position === undefined || position.kind === 'inside' ? position : loaded(position, path, source)
}

function leadsOn(from: Node | Inside | undefined): boolean {
  return from !== undefined && from.kind !== 'leaf'
}

function* entriesBelow(from: Node | Inside | undefined, path: Uint8Array, source: NodeSource): Generator<PathEntry> {
  if (from === undefined) return
  if (from.kind === 'leaf') {
    yield [concatBytes(path, from.path), from.value]
    return
  }
  for (let nibble = 0; nibble < 16; nibble++) {
    const below = extended(path, nibble)
    yield* entriesBelow(resolved(step(from, nibble), below, source), below, source)
  }
}

/** One of them has one entry at most, so this ends after the second. */
function firstOf(before: Iterator<PathEntry>, after: Iterator<PathEntry>): EntryDifference | undefined {
  for (;;) {
    const a = next(before)
    const b = next(after)
    if (a === undefined && b === undefined) return undefined
    const order = a === undefined ? 1 : b === undefined ? -1 : compareBytes(a[0], b[0])
    if (order !== 0) return order < 0 ? difference(a, undefined) : difference(undefined, b)
    if (a !== undefined && b !== undefined && !bytesEqual(a[1], b[1])) return difference(a, b)
  }
}

function next(entries: Iterator<PathEntry>): PathEntry | undefined {
  const result = entries.next()
  return result.done === true ? undefined : result.value
}

function difference(a: PathEntry | undefined, b: PathEntry | undefined): EntryDifference {
  const path = a?.[0] ?? b?.[0] ?? new Uint8Array(0)
  return { key: fromNibbles(path), before: a?.[1], after: b?.[1] }
}
