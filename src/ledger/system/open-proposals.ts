/**
 * Which proposals are open, by number, by what they are about and by who proposed them. Each has records of its
 * own, so that to open, to close or to find one costs the same however many others there are.
 */
import { EMPTY_BYTES } from '../../base/bytes.ts'
import { asList, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../../codec/rlp.ts'
import { type Address, addressFromBytes, type Hash, type Height, idBytes } from '../../types/ids.ts'
import type { GovernanceRules } from '../governance-rules.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'

export interface OpenProposal {
  readonly openedAt: Height
  /** How many votes are for it, whether they count now or not: never fewer than do. */
  readonly approvals: number
}

/** When it is asked whether a proposal is still open. */
export interface Now {
  readonly governance: GovernanceRules
  /** Of the running block. */
  readonly height: Height
}

interface Numbers {
  /** No proposal before it is open. */
  readonly oldest: number
  readonly next: number
}

/** BOUND: open ones of one validator. Evidence opens more: one for each culprit. */
export const OPEN_PROPOSALS_MAX = 8
const NUMBERS_KEY = recordKey('proposals')
const FIRST_ID = 1
/** More than one is opened at a time, so that what lies behind the oldest open one does not grow for ever. */
const FORGOTTEN_AT_ONCE = 2

export function isExpired(openedAt: Height, { governance, height }: Now): boolean {
  return height - openedAt > governance.proposalBlocksMax
}

/** Undefined: it has passed, its blocks are over, or nobody has opened it. */
export function readOpen(words: WordReader, id: number, now: Now): OpenProposal | undefined {
  const value = readValue(words, keyOf(id))
  if (value.length === 0) return undefined
  const [openedAt, approvals] = asTuple(decodeRlp(value), 2, 'open proposal')
  const open = { openedAt: asUint(openedAt, 'open.openedAt'), approvals: asUint(approvals, 'open.approvals') }
  return isExpired(open.openedAt, now) ? undefined : open
}

export function writeOpen(words: Words, id: number, { openedAt, approvals }: OpenProposal): void {
  writeValue(words, keyOf(id), encodeRlp([uintBytes(openedAt), uintBytes(approvals)]))
}

export function close(words: Words, id: number): void {
  writeValue(words, keyOf(id), EMPTY_BYTES)
}

/** The number of a new one about this. */
export function open(words: Words, topic: Hash, now: Now): number {
  const { oldest, next } = readNumbers(words)
  writeOpen(words, next, { openedAt: now.height, approvals: 0 })
  writeValue(words, topicKey(topic), encodeRlp(uintBytes(next)))
  writeNumbers(words, { oldest, next: next + 1 })
  forgetClosed(words, now, FORGOTTEN_AT_ONCE)
  return next
}

/** The open one about this. */
export function findOpen(words: WordReader, topic: Hash, now: Now): number | undefined {
  const value = readValue(words, topicKey(topic))
  const id = value.length === 0 ? undefined : asUint(decodeRlp(value), 'topic.id')
  return id !== undefined && readOpen(words, id, now) !== undefined ? id : undefined
}

/** All of them, in their order. */
export function openProposals(words: Words, now: Now): readonly number[] {
  forgetClosed(words, now)
  const { oldest, next } = readNumbers(words)
  const ids = Array.from({ length: next - oldest }, (_, index) => oldest + index)
  return ids.filter((id) => readOpen(words, id, now) !== undefined)
}

/** Those that this validator has opened. */
export function readProposedBy(words: WordReader, proposer: Address, now: Now): readonly number[] {
  const value = readValue(words, recordKey('proposedBy', proposer))
  if (value.length === 0) return []
  const ids = asList(decodeRlp(value), 'proposedBy', OPEN_PROPOSALS_MAX).map((item) => asUint(item, 'proposedBy.id'))
  return ids.filter((id) => readOpen(words, id, now) !== undefined)
}

export function writeProposedBy(words: Words, proposer: Address, ids: readonly number[]): void {
  writeValue(words, recordKey('proposedBy', proposer), encodeRlp(ids.map(uintBytes)))
}

/** What is closed goes, up to the first that is open. */
function forgetClosed(words: Words, now: Now, atOnce = Number.POSITIVE_INFINITY): void {
  const { oldest, next } = readNumbers(words)
  const end = Math.min(next, oldest + atOnce)
  let first = oldest
  for (; first < end && readOpen(words, first, now) === undefined; first++) close(words, first)
  if (first > oldest) writeNumbers(words, { oldest: first, next })
}

function readNumbers(words: WordReader): Numbers {
  const value = readValue(words, NUMBERS_KEY)
  if (value.length === 0) return { oldest: FIRST_ID, next: FIRST_ID }
  const [oldest, next] = asTuple(decodeRlp(value), 2, 'proposals')
  return { oldest: asUint(oldest, 'proposals.oldest'), next: asUint(next, 'proposals.next') }
}

function writeNumbers(words: Words, { oldest, next }: Numbers): void {
  writeValue(words, NUMBERS_KEY, encodeRlp([uintBytes(oldest), uintBytes(next)]))
}

function keyOf(id: number): Uint8Array {
  return recordKey('open', id)
}

/** A key has room for the last 20 bytes of it. */
function topicKey(topic: Hash): Uint8Array {
  return recordKey('topic', addressFromBytes(idBytes(topic).slice(12)))
}
