/** Evidence that was accepted, by its id, and the epochs that each validator was punished for. */
import { asFixedBytes, asList, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../../codec/rlp.ts'
import {
  type Address,
  addressFromBytes,
  type Epoch,
  type Hash,
  type Height,
  hashFromBytes,
  idBytes,
  type View,
} from '../../types/ids.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { KEPT_EPOCHS } from './kept-epochs.ts'
import { recordKey } from './system-account.ts'

export interface Offence {
  readonly id: Hash
  /** 1 to 8. */
  readonly kind: number
  readonly culprit: Address
  readonly epoch: Epoch
  readonly view: View
  /** Of the block that has it. */
  readonly height: Height
  readonly submitter: Address
}

export function readOffence(words: WordReader, id: Hash): Offence | undefined {
  const value = readValue(words, keyOf(id))
  if (value.length === 0) return undefined
  const [held, kind, culprit, epoch, view, height, submitter] = asTuple(decodeRlp(value), 7, 'offence')
  if (hashFromBytes(asFixedBytes(held, 32, 'offence.id')) !== id) return undefined
  return {
    id,
    kind: asUint(kind, 'offence.kind'),
    culprit: addressFromBytes(asFixedBytes(culprit, 20, 'offence.culprit')),
    epoch: asUint(epoch, 'offence.epoch'),
    view: asUint(view, 'offence.view'),
    height: asUint(height, 'offence.height'),
    submitter: addressFromBytes(asFixedBytes(submitter, 20, 'offence.submitter')),
  }
}

/** One punishment for an epoch, however much was done in it. */
export function isPunished(words: WordReader, culprit: Address, epoch: Epoch): boolean {
  return readPunished(words, culprit).includes(epoch)
}

export function writeOffence(words: Words, offence: Offence): void {
  const { id, kind, culprit, epoch, view, height, submitter } = offence
  const numbers = [uintBytes(epoch), uintBytes(view), uintBytes(height)]
  writeValue(
    words,
    keyOf(id),
    encodeRlp([idBytes(id), uintBytes(kind), idBytes(culprit), ...numbers, idBytes(submitter)]),
  )
  // BOUND: what is older can no longer be judged.
  const epochs = [...readPunished(words, culprit), epoch].sort((a, b) => a - b).slice(-KEPT_EPOCHS)
  writeValue(words, recordKey('punished', culprit), encodeRlp(epochs.map(uintBytes)))
}

function readPunished(words: WordReader, culprit: Address): number[] {
  const value = readValue(words, recordKey('punished', culprit))
  if (value.length === 0) return []
  return asList(decodeRlp(value), 'punished', KEPT_EPOCHS).map((item) => asUint(item, 'punished.epoch'))
}

/** A key has room for the last 20 bytes of the id. */
function keyOf(id: Hash): Uint8Array {
  return recordKey('evidence', addressFromBytes(idBytes(id).slice(12)))
}
