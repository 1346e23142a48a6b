/** Who led and voted in the latest 16 epochs: what evidence is judged by (docs/ledger.md, "The system account"). */
import { asBytes, asFixedBytes, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../../codec/rlp.ts'
import { type FaultModel, quorum } from '../../types/fault-model.ts'
import { type Epoch, hashFromBytes, idBytes } from '../../types/ids.ts'
import { VALIDATORS_MAX } from '../../types/limits.ts'
import { encodeValidators } from '../../types/validator-set.ts'
import type { JudgedEpoch } from '../evidence/bad-header.ts'
import { leaderSchedule } from '../leader-schedule.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import type { EpochSchedule } from './epoch-schedule.ts'
import { recordKey } from './system-account.ts'
import { readValidatorItems } from './validator-records.ts'

/** BOUND: the running epoch and the fifteen before it. */
export const KEPT_EPOCHS = 16

type KeptEpoch = Pick<EpochSchedule, 'epoch' | 'validators' | 'weights' | 'seed'>

export function writeKeptEpoch(words: Words, { epoch, validators, weights, seed }: KeptEpoch): void {
  const value = [uintBytes(epoch), encodeValidators(validators), Uint8Array.from(weights), idBytes(seed)]
  writeValue(words, keyOf(epoch), encodeRlp(value))
}

/** Undefined for an epoch that has not begun, or is kept no longer. @internal */
export function readKeptEpoch(words: WordReader, epoch: Epoch): KeptEpoch | undefined {
  const value = readValue(words, keyOf(epoch))
  if (value.length === 0) return undefined
  const [held, validators, weights, seed] = asTuple(decodeRlp(value), 4, 'kept epoch')
  if (asUint(held, 'kept.epoch') !== epoch) return undefined
  return {
    epoch,
    validators: readValidatorItems(decodeRlp(asBytes(validators, 'kept.validators'))),
    weights: [...asBytes(weights, 'kept.weights', VALIDATORS_MAX)],
    seed: hashFromBytes(asFixedBytes(seed, 32, 'kept.seed')),
  }
}

/** Validators and leaders of a kept epoch, as they were in it. */
export function scheduleOfKeptEpoch(words: WordReader, epoch: Epoch, model: FaultModel): JudgedEpoch | undefined {
  const kept = readKeptEpoch(words, epoch)
  if (kept === undefined) return undefined
  const { validators, weights, seed } = kept
  return { validators, schedule: leaderSchedule(validators, weights, seed, quorum(validators.length, model)) }
}

function keyOf(epoch: Epoch): Uint8Array {
  return recordKey('epochs', epoch % KEPT_EPOCHS)
}
