/** What fixes who leads in an epoch, written by its first block (docs/ledger.md, "Who leads"). */
import { concatBytes, utf8 } from '../../base/bytes.ts'
import { asBytes, asFixedBytes, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../../codec/rlp.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import { type Epoch, type Hash, type Height, hashFromBytes, idBytes } from '../../types/ids.ts'
import { VALIDATORS_MAX } from '../../types/limits.ts'
import { encodeValidators, type Validator } from '../../types/validator-set.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'
import { readValidatorItems, readValidators } from './validator-records.ts'

export interface EpochSchedule {
  readonly epoch: Epoch
  readonly startHeight: Height
  readonly startTimeMs: number
  readonly validators: readonly Validator[]
  /** One for each validator, 0 to 4. */
  readonly weights: readonly number[]
  readonly seed: Hash
}

const SCHEDULE_KEY = recordKey('schedule')
const WEIGHTS_KEY = recordKey('weights')
const SEED_TAG = utf8('ldr')

/** The schedule of an epoch that begins after the block with this hash: the last of the epoch before, or genesis. @internal */
export function scheduleSeed(rootHash: Hash): Hash {
  return keccak256Hash(concatBytes(SEED_TAG, idBytes(rootHash)))
}

/** Undefined until the first block of the first epoch. */
export function readSchedule(words: WordReader): EpochSchedule | undefined {
  const value = readValue(words, SCHEDULE_KEY)
  if (value.length === 0) return undefined
  const [epoch, startHeight, startTimeMs, validators, weights, seed] = asTuple(decodeRlp(value), 6, 'schedule')
  return {
    epoch: asUint(epoch, 'schedule.epoch'),
    startHeight: asUint(startHeight, 'schedule.startHeight'),
    startTimeMs: asUint(startTimeMs, 'schedule.startTimeMs'),
    validators: readValidatorItems(decodeRlp(asBytes(validators, 'schedule.validators'))),
    weights: [...asBytes(weights, 'schedule.weights', VALIDATORS_MAX)],
    seed: hashFromBytes(asFixedBytes(seed, 32, 'schedule.seed')),
  }
}

export function writeSchedule(words: Words, schedule: EpochSchedule): void {
  const value = encodeRlp([
    uintBytes(schedule.epoch),
    uintBytes(schedule.startHeight),
    uintBytes(schedule.startTimeMs),
    encodeValidators(schedule.validators),
    Uint8Array.from(schedule.weights),
    idBytes(schedule.seed),
  ])
  writeValue(words, SCHEDULE_KEY, value)
}

/** Weights of the next epoch, in the order of its validators: part of the last block's state. @internal */
export function readNextWeights(words: WordReader): number[] {
  return [...readValue(words, WEIGHTS_KEY)]
}

export function writeNextWeights(words: Words, weights: readonly number[]): void {
  writeValue(words, WEIGHTS_KEY, Uint8Array.from(weights))
}

/** From the state after any block of `epoch`, or after the block before its first, whose hash is `rootHash`. */
export function scheduleOfEpoch(
  words: WordReader,
  epoch: Epoch,
  rootHash: Hash,
): Pick<EpochSchedule, 'validators' | 'weights' | 'seed'> {
  const written = readSchedule(words)
  if (written?.epoch === epoch) return written
  return { validators: readValidators(words), weights: readNextWeights(words), seed: scheduleSeed(rootHash) }
}
