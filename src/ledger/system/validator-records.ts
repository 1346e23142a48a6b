/**
 * Who the validators are: the set in force, a record of everybody who is or was appointed, and whose
 * key is whose. An id is the address of the first key; it stays when the key changes.
 */
import { utf8 } from '../../base/bytes.ts'
import { defined } from '../../base/invariant.ts'
import { asBytes, asFixedBytes, asFlag, asList, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../codec/rlp.ts'
import { type Address, addressFromBytes, type Height, idBytes } from '../../types/ids.ts'
import { PUBLIC_KEY_BYTES, VALIDATORS_MAX } from '../../types/limits.ts'
import { encodeValidators, type Validator } from '../../types/validator-set.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'

/** A standing is stored and shown as its place here. */
export const STANDINGS = ['candidate', 'validator', 'removed'] as const

export type Standing = (typeof STANDINGS)[number]

/** What is asked of many at a time, apart from how long a text each has written: one word of storage. */
export interface MemberStatus {
  readonly standing: Standing
  /** For good: with this key there is no way back. */
  readonly jailed: boolean
  /** Height that the candidate last said to be ready at; 0 = never. */
  readonly readyAt: Height
}

export interface ValidatorRecord extends Validator, MemberStatus {
  readonly name: string
  /** Multiaddr with peer id. */
  readonly peer: string
  /** Where its fees go; its own address unless it says otherwise. */
  readonly feeRecipient: Address
  /** Height at which it was appointed. */
  readonly addedAt: Height
  /** The address of its consensus key: sends its calls. */
  readonly signer: Address
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
  const fields = asTuple(decodeRlp(value), 7, 'validator record')
  const [consensusKey, leads, name, peer, feeRecipient, addedAt, signer] = fields
  return {
    address,
    consensusKey: asFixedBytes(consensusKey, PUBLIC_KEY_BYTES, 'record.consensusKey'),
    leads: asFlag(leads, 'record.leads'),
    name: decoder.decode(asBytes(name, 'record.name')),
    peer: decoder.decode(asBytes(peer, 'record.peer')),
    feeRecipient: addressFromBytes(asFixedBytes(feeRecipient, 20, 'record.feeRecipient')),
    addedAt: asUint(addedAt, 'record.addedAt'),
    signer: addressFromBytes(asFixedBytes(signer, 20, 'record.signer')),
    ...defined(readStatus(words, address), 'the status of a member'),
  }
}

export function readStatus(words: WordReader, address: Address): MemberStatus | undefined {
  const value = readValue(words, recordKey('status', address))
  if (value.length === 0) return undefined
  const [standing, jailed, readyAt] = asTuple(decodeRlp(value), 3, 'status')
  return {
    standing: defined(STANDINGS[asUint(standing, 'status.standing')], 'a standing'),
    jailed: asFlag(jailed, 'status.jailed'),
    readyAt: asUint(readyAt, 'status.readyAt'),
  }
}

export function writeValidatorRecord(words: Words, record: ValidatorRecord): void {
  const fields = [
    record.consensusKey,
    uintBytes(record.leads ? 1 : 0),
    utf8(record.name),
    utf8(record.peer),
    idBytes(record.feeRecipient),
    uintBytes(record.addedAt),
    idBytes(record.signer),
  ]
  const { standing, jailed, readyAt } = record
  const status = [uintBytes(STANDINGS.indexOf(standing)), uintBytes(jailed ? 1 : 0), uintBytes(readyAt)]
  writeValue(words, recordKey('validator', record.address), encodeRlp(fields))
  writeValue(words, recordKey('status', record.address), encodeRlp(status))
  writeKeyOwner(words, record.signer, record.address)
}

/** Whose key has, had or will have this address: a key is one validator's for good. */
export function readKeyOwner(words: WordReader, signer: Address): Address | undefined {
  const value = readValue(words, recordKey('signer', signer))
  return value.length === 0 ? undefined : addressFromBytes(value)
}

export function writeKeyOwner(words: Words, signer: Address, owner: Address): void {
  writeValue(words, recordKey('signer', signer), idBytes(owner))
}

/** Who speaks with this key now. */
export function readRecordOfSigner(words: WordReader, signer: Address): ValidatorRecord | undefined {
  const owner = readKeyOwner(words, signer)
  const record = owner === undefined ? undefined : readValidatorRecord(words, owner)
  return record?.signer === signer ? record : undefined
}
