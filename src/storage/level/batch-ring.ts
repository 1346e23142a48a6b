/**
 * Numbers the batches, so that a lost one is noticed. LevelDB syncs the log it is writing, not
 * the one before that it left for a moment ago; after a power cut an older batch can therefore
 * be gone while a newer one is there. Each batch puts its number into one of 1,024 keys, of
 * which all must hold the newest numbers when the database is opened.
 */
import type { ClassicLevel } from 'classic-level'
import { sealValue, unsealValue } from './value-seal.ts'

/** The last keyspace is the store's own. */
export const BATCH_RING_PREFIX = 0xff
const RING_SIZE = 1024

export function batchMark(sequence: number): { readonly key: Uint8Array; readonly value: Uint8Array } {
  const slot = sequence % RING_SIZE
  const key = Uint8Array.of(BATCH_RING_PREFIX, slot >>> 8, slot & 0xff)
  const value = new Uint8Array(8)
  new DataView(value.buffer).setBigUint64(0, BigInt(sequence))
  return { key, value: sealValue(key, value) }
}

/** The newest number, 0 in a new database, and whether none of the last ones is missing. */
export async function readBatchRing(
  database: ClassicLevel<Uint8Array, Uint8Array>,
): Promise<{ readonly sequence: number; readonly complete: boolean }> {
  const sequences: number[] = []
  for await (const [key, sealed] of database.iterator({ gte: Uint8Array.of(BATCH_RING_PREFIX) })) {
    const value = unsealValue(key, sealed)
    sequences.push(Number(new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0)))
  }
  const sequence = Math.max(0, ...sequences)
  const oldest = Math.min(sequence, ...sequences)
  const complete = sequences.length === Math.min(sequence, RING_SIZE) && sequence - oldest < RING_SIZE
  return { sequence, complete }
}
