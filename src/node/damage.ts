/**
 * A disk that gives back something else than was synced: starting again does not mend it, a person has to remove
 * what is damaged (docs/operations.md, "What is where").
 */
import { join } from 'node:path'
import { type DamageCode, StorageFailure } from '../storage/storage-failure.ts'
import { MissingNodeError } from '../trie/node-source.ts'
import { type Refusal, refusal } from './exit-codes.ts'

const KINDS: ReadonlyMap<string, (what: string, dataDir: string) => Refusal> = new Map<DamageCode, typeof damagedState>(
  [
    ['DATABASE_CORRUPT', damagedState],
    ['JOURNAL_CORRUPT', damagedJournal],
  ],
)

/** Null for what is no damage. */
export function damageOf(error: unknown, dataDir: string): Refusal | null {
  // All of the newest state is kept: what is missing of it, the disk has lost.
  if (error instanceof MissingNodeError) return damagedState('a part of the newest one is lost', dataDir)
  if (!(error instanceof StorageFailure)) return null
  return KINDS.get(error.code)?.(error.message, dataDir) ?? null
}

export function damagedState(what: string, dataDir: string): Refusal {
  return refusal(`the state is damaged (${what}): ${anewState(dataDir)}`)
}

/** What a person does about a state that cannot be used. */
export function anewState(dataDir: string): string {
  return `remove ${join(dataDir, 'state')}, and start again; where the chain began with a snapshot, remove the journal too, and begin again with one`
}

export function damagedJournal(what: string, dataDir: string): Refusal {
  const [journal, state] = [join(dataDir, 'journal'), join(dataDir, 'state')]
  return refusal(
    `the journal is damaged (${what}): remove ${journal} and ${state}, and start again: the node fetches the chain from the others`,
  )
}
