/**
 * What each validator did in the current epoch, packed into one record: for each validator in
 * the order of the set, proposed ‖ missed ‖ voted as four-byte integers, big-endian. A count
 * stays at its largest value rather than beginning again.
 */

import { defined } from '../../base/invariant.ts'
import type { Address } from '../../types/ids.ts'
import type { Validator } from '../../types/validator-set.ts'
import type { Justification } from '../block-environment.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'

export interface ValidatorCounters {
  /** Blocks it proposed. */
  readonly proposed: number
  /** Views it led that made no block. */
  readonly missed: number
  /** Blocks whose justifying certificate has its vote. */
  readonly voted: number
}

const KEY = recordKey('counters')
const BYTES_PER_VALIDATOR = 12
const PROPOSED = 0
const MISSED = 4
const VOTED = 8
const COUNT_MAX = 0xffff_ffff

/** One for each validator, in their order; all zero in the first block of an epoch. */
export function readCounters(words: WordReader, validatorCount: number): ValidatorCounters[] {
  const view = viewOf(words, validatorCount)
  return Array.from({ length: validatorCount }, (_, index) => {
    const offset = index * BYTES_PER_VALIDATOR
    return {
      proposed: view.getUint32(offset + PROPOSED),
      missed: view.getUint32(offset + MISSED),
      voted: view.getUint32(offset + VOTED),
    }
  })
}

export function resetCounters(words: Words, validatorCount: number): void {
  writeValue(words, KEY, new Uint8Array(validatorCount * BYTES_PER_VALIDATOR))
}

/** Proposer, voters and missed leaders are members of the epoch's set. */
export function countBlock(
  words: Words,
  validators: readonly Validator[],
  proposer: Address,
  justification: Justification,
): void {
  const indexOf = new Map(validators.map((validator, index) => [validator.address, index]))
  const view = viewOf(words, validators.length)
  const increment = (address: Address, field: number): void => {
    const offset = defined(indexOf.get(address), `validator ${address}`) * BYTES_PER_VALIDATOR + field
    view.setUint32(offset, Math.min(view.getUint32(offset) + 1, COUNT_MAX))
  }
  increment(proposer, PROPOSED)
  for (const address of justification.missedLeaders) increment(address, MISSED)
  for (const address of justification.voters) increment(address, VOTED)
  writeValue(words, KEY, new Uint8Array(view.buffer))
}

function viewOf(words: WordReader, validatorCount: number): DataView {
  const bytes = new Uint8Array(validatorCount * BYTES_PER_VALIDATOR)
  bytes.set(readValue(words, KEY).subarray(0, bytes.length))
  return new DataView(bytes.buffer)
}
