/** What has been decided about validators and has not happened yet, in the order of the decisions. */
import { concatBytes, EMPTY_BYTES } from '../../base/bytes.ts'
import { defined } from '../../base/invariant.ts'
import { type Address, addressFromBytes, idBytes } from '../../types/ids.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { readEntries, writeEntries } from './packed-entries.ts'
import { recordKey } from './system-account.ts'

/**
 * `convict`: a removal for evidence, which the bound of an epoch does not hold back. `withdraw`: a
 * candidate goes before its turn came. `replace`: a candidate takes the place of the one removed before it.
 */
const KINDS = ['remove', 'convict', 'withdraw', 'rotate', 'add', 'replace'] as const

export type ChangeKind = (typeof KINDS)[number]

export interface PendingChange {
  readonly kind: ChangeKind
  /** Id of a validator or candidate. */
  readonly subject: Address
}

/** A kind's place in their list, and an id. */
const CHANGE_BYTES = 1 + 20
const DUE_KEY = recordKey('due')
const WAITING_KEY = recordKey('waiting')

/** Happens at the end of the running block, whatever else it decides; empty between blocks. */
export function readDue(words: WordReader): readonly PendingChange[] {
  return readList(words, DUE_KEY)
}

export function writeDue(words: Words, due: readonly PendingChange[]): void {
  writeList(words, DUE_KEY, due)
}

/** For room in an epoch, or for a candidate that is ready. BOUND: one removal and one rotation of each member. */
export function readWaiting(words: WordReader): readonly PendingChange[] {
  return readList(words, WAITING_KEY)
}

export function writeWaiting(words: Words, waiting: readonly PendingChange[]): void {
  writeList(words, WAITING_KEY, waiting)
}

export function isRemoval({ kind }: PendingChange): boolean {
  return kind === 'remove' || kind === 'convict' || kind === 'withdraw'
}

export function isEntry({ kind }: PendingChange): boolean {
  return kind === 'add' || kind === 'replace'
}

/** Whether it has been decided that this member goes. */
export function isLeaving(words: WordReader, id: Address): boolean {
  return [...readDue(words), ...readWaiting(words)].some((change) => change.subject === id && isRemoval(change))
}

/** What a rotation that has not happened yet changes the key to; empty without one. */
export function readNewKey(words: WordReader, id: Address): Uint8Array {
  return readValue(words, recordKey('newKey', id))
}

export function writeNewKey(words: Words, id: Address, key: Uint8Array): void {
  writeValue(words, recordKey('newKey', id), key)
}

export function clearNewKey(words: Words, id: Address): void {
  writeNewKey(words, id, EMPTY_BYTES)
}

function readList(words: WordReader, key: Uint8Array): readonly PendingChange[] {
  return readEntries(words, key, CHANGE_BYTES).map((entry) => ({
    kind: defined(KINDS[entry[0] as number], 'a kind of change'),
    subject: addressFromBytes(entry.slice(1)),
  }))
}

function writeList(words: Words, key: Uint8Array, changes: readonly PendingChange[]): void {
  const entries = changes.map(({ kind, subject }) => concatBytes(Uint8Array.of(KINDS.indexOf(kind)), idBytes(subject)))
  writeEntries(words, key, entries)
}
