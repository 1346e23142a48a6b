/** What has been decided about validators and parameters and has not happened yet, in the order of the decisions. */
import { defined } from '../../base/invariant.ts'
import { asBytes, asFixedBytes, asList, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../codec/rlp.ts'
import { type Address, addressFromBytes, type Hash, hashFromBytes, idBytes } from '../../types/ids.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'

/**
 * `convict`: a removal for evidence, which the bound of an epoch does not hold back. `withdraw`: a
 * candidate goes before its turn came. `replace`: a candidate takes the place of the one removed before it.
 */
const KINDS = ['remove', 'convict', 'withdraw', 'rotate', 'parameter', 'add', 'replace'] as const

export type ChangeKind = (typeof KINDS)[number]

export interface PendingChange {
  readonly kind: ChangeKind
  /** Id of a validator or candidate; the zero address for a parameter. */
  readonly subject: Address
  /** Name of a parameter; zero otherwise. */
  readonly key: Hash
  /** The new key, or the parameter's value; empty otherwise. */
  readonly value: Uint8Array
}

export interface PendingChanges {
  /** Happens at the end of the running block, whatever else it decides; empty between blocks. */
  readonly due: readonly PendingChange[]
  /** For room in an epoch, or for a candidate that is ready. BOUND: one removal and one rotation of each member. */
  readonly waiting: readonly PendingChange[]
}

const KEY = recordKey('changes')
const NONE: PendingChanges = { due: [], waiting: [] }

export function readChanges(words: WordReader): PendingChanges {
  const stored = readValue(words, KEY)
  if (stored.length === 0) return NONE
  const [due, waiting] = asTuple(decodeRlp(stored), 2, 'changes')
  return { due: readList(due), waiting: readList(waiting) }
}

export function writeChanges(words: Words, { due, waiting }: PendingChanges): void {
  const isEmpty = due.length + waiting.length === 0
  writeValue(words, KEY, isEmpty ? new Uint8Array(0) : encodeRlp([due.map(itemOf), waiting.map(itemOf)]))
}

export function isRemoval({ kind }: PendingChange): boolean {
  return kind === 'remove' || kind === 'convict' || kind === 'withdraw'
}

export function isEntry({ kind }: PendingChange): boolean {
  return kind === 'add' || kind === 'replace'
}

/** Whether it has been decided that this member goes. */
export function isLeaving(words: WordReader, id: Address): boolean {
  const { due, waiting } = readChanges(words)
  return [...due, ...waiting].some((change) => change.subject === id && isRemoval(change))
}

function readList(item: RlpItem | undefined): PendingChange[] {
  return asList(item, 'changes').map((each) => {
    const [kind, subject, key, value] = asTuple(each, 4, 'change')
    return {
      kind: defined(KINDS[asUint(kind, 'change.kind')], 'a kind of change'),
      subject: addressFromBytes(asFixedBytes(subject, 20, 'change.subject')),
      key: hashFromBytes(asFixedBytes(key, 32, 'change.key')),
      value: asBytes(value, 'change.value'),
    }
  })
}

function itemOf({ kind, subject, key, value }: PendingChange): RlpItem {
  return [uintBytes(KINDS.indexOf(kind)), idBytes(subject), idBytes(key), value]
}
