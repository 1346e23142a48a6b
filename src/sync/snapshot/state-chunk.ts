/**
 * A part of one trie of the state, in key order, with the proof that lets it be trusted alone:
 * whoever holds a certified root accepts chunks from anybody, in any order, and none before its
 * proof. A chunk says where the next one begins, so chunks need no numbers and no list of hashes.
 */
import { bytesEqual, compareBytes } from '../../base/bytes.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { Entry } from '../../trie/entries.ts'
import type { KeyRange } from '../../trie/key-range.ts'
import type { Trie } from '../../trie/trie.ts'
import { verifyRange } from '../../trie/verify-range.ts'

/** BOUND: of keys and values in one chunk. */
export const CHUNK_BYTES: number = 256 * 1024
/** The same where it is cut between other work: some milliseconds. */
export const SERVED_CHUNK_BYTES: number = 64 * 1024
const KEY_BYTES = 32
export const LOWEST_KEY: Uint8Array = new Uint8Array(KEY_BYTES)
export const HIGHEST_KEY: Uint8Array = new Uint8Array(KEY_BYTES).fill(0xff)

export interface StateChunk {
  readonly range: KeyRange
  /** All that the trie holds in the range, in key order. */
  readonly entries: readonly Entry[]
  /** Encoded nodes on the edges of the range. */
  readonly proof: readonly Uint8Array[]
}

export interface ChunkRequest {
  readonly root: Uint8Array
  readonly from: Uint8Array
  /** Included: no chunk goes beyond it. */
  readonly until: Uint8Array
  /** Of keys and values; one entry is sent however large it is. */
  readonly bytesMax: number
}

type ChunkRejection = Rejection<'invalid-chunk' | 'invalid-range'>

/** From `from` on, up to the last entry that `bytesMax` lets in, or to `until`. */
export function cutChunk(trie: Trie, from: Uint8Array, bytesMax: number, until: Uint8Array = HIGHEST_KEY): StateChunk {
  const entries: Entry[] = []
  let bytes = 0
  let to = until
  for (const entry of trie.entries(from)) {
    if (compareBytes(entry[0], until) > 0) break
    bytes += sizeOf(entry)
    const last = entries.at(-1)
    if (last !== undefined && bytes > bytesMax) {
      to = last[0]
      break
    }
    entries.push(entry)
  }
  const range = { from, to }
  return { range, entries, proof: trie.rangeProof(range) }
}

/**
 * Where the next chunk begins, undefined after the last. Refuses a chunk that was not asked for, that is larger than
 * what was, that leads no further, or that its proof does not carry.
 */
export function verifyChunk(
  request: ChunkRequest,
  chunk: StateChunk,
): Result<{ readonly next: Uint8Array | undefined }, ChunkRejection> {
  const { range, entries, proof } = chunk
  const last = entries.at(-1)
  if (!bytesEqual(range.from, request.from)) return refused('the chunk begins elsewhere')
  // BOUND: without it a peer could have a newcomer hold anything while it is checked.
  const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0)
  if (entries.length > 1 && bytes > request.bytesMax) return refused('the chunk is larger than was asked for')
  const isLast = bytesEqual(range.to, request.until)
  // BOUND: empty chunks would prove true and never come to an end.
  if (!isLast && (last === undefined || !bytesEqual(last[0], range.to))) {
    return refused('the chunk does not end at an entry')
  }
  if (compareBytes(range.to, request.until) > 0) return refused('the chunk goes beyond what was asked for')
  const verified = verifyRange(request.root, range, entries, proof)
  if (!verified.ok) return verified
  return ok({ next: isLast ? undefined : keyBehind(range) })
}

/** Where the next chunk begins; undefined behind the last. */
export function keyBehind({ to }: KeyRange): Uint8Array | undefined {
  return bytesEqual(to, HIGHEST_KEY) ? undefined : following(to)
}

function sizeOf([key, value]: Entry): number {
  return key.length + value.length
}

/** The key after `key`, which is not the highest. */
function following(key: Uint8Array): Uint8Array {
  const next = key.slice()
  let at = next.length - 1
  while (next[at] === 0xff) {
    next[at] = 0
    at -= 1
  }
  next[at] = (next[at] as number) + 1
  return next
}

function refused(message: string): { readonly ok: false; readonly error: ChunkRejection } {
  return err(rejection('invalid-chunk', message))
}
