/** Who the validators are: the set in force, and a record of each. Fields may be added at the end of a record. */
import { utf8 } from '../../base/bytes.ts'
import { asBytes, asFixedBytes, asFlag, asList, asTuple, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../codec/rlp.ts'
import { type Address, addressFromBytes, idBytes } from '../../types/ids.ts'
import { PUBLIC_KEY_BYTES, VALIDATORS_MAX } from '../../types/limits.ts'
import { encodeValidators, type Validator } from '../../types/validator-set.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'

export interface ValidatorRecord extends Validator {
  readonly name: string
  /** Multiaddr with peer id. */
  readonly peer: string
  /** Where its fees go; its own address unless it says otherwise. */
  readonly feeRecipient: Address
}

const SET_KEY = recordKey('validatorSet')
const decoder = new TextDecoder()

/** In the order of their addresses; empty before genesis is written. */
export function readValidators(words: WordReader): Validator[] {
  const value = readValue(words, SET_KEY)
  return value.length === 0 ? [] : readValidatorItems(decodeRlp(value))
}

export function writeValidators(words: Words, validators: readonly Validator[]): void {
  writeValue(words, SET_KEY, encodeValidators(validators))
}

export function readValidatorItems(item: RlpItem | undefined): Validator[] {
  return asList(item, 'validators', VALIDATORS_MAX).map((member) => {
    const [address, consensusKey, leads] = asTuple(member, 3, 'validator')
    return {
      address: addressFromBytes(asFixedBytes(address, 20, 'validator.address')),
      consensusKey: asFixedBytes(consensusKey, PUBLIC_KEY_BYTES, 'validator.consensusKey'),
      leads: asFlag(leads, 'validator.leads'),
    }
  })
}

export function readValidatorRecord(words: WordReader, address: Address): ValidatorRecord | undefined {
  const value = readValue(words, recordKey('validator', address))
  if (value.length === 0) return undefined
  const [consensusKey, leads, name, peer, feeRecipient] = asTuple(decodeRlp(value), 5, 'validator record')
  return {
    address,
    consensusKey: asFixedBytes(consensusKey, PUBLIC_KEY_BYTES, 'record.consensusKey'),
    leads: asFlag(leads, 'record.leads'),
    name: decoder.decode(asBytes(name, 'record.name')),
    peer: decoder.decode(asBytes(peer, 'record.peer')),
    feeRecipient: addressFromBytes(asFixedBytes(feeRecipient, 20, 'record.feeRecipient')),
  }
}

export function writeValidatorRecord(words: Words, record: ValidatorRecord): void {
  const { address, consensusKey, leads, name, peer, feeRecipient } = record
  const fields = [consensusKey, uintBytes(leads ? 1 : 0), utf8(name), utf8(peer), idBytes(feeRecipient)]
  writeValue(words, recordKey('validator', address), encodeRlp(fields))
}
