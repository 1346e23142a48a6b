/** Whose key a node holds, as the state has it, and why it signs nothing with it. */
import { addressOfPublicKey } from '../crypto/secp256k1.ts'
import { wordsIn } from '../ledger/storage-words.ts'
import { SYSTEM_ADDRESS } from '../ledger/system/system-account.ts'
import { readKeyOwner, readValidatorRecord, type ValidatorRecord } from '../ledger/system/validator-records.ts'
import type { Replica } from '../replica/replica.ts'

export interface KeyParts {
  readonly replica: Replica
  /** 33 bytes; null for a node that never signs. */
  readonly consensusKey: Uint8Array | null
}

/** Also of a key that its owner has changed since. */
export function memberOfKey({ replica, consensusKey }: KeyParts): ValidatorRecord | undefined {
  if (consensusKey === null) return undefined
  const words = wordsIn(replica.finalState, SYSTEM_ADDRESS)
  const owner = readKeyOwner(words, addressOfPublicKey(consensusKey))
  return owner === undefined ? undefined : readValidatorRecord(words, owner)
}

/** For a person to read; null where all is as it should be. */
export function whySilent(parts: KeyParts): string | null {
  const member = memberOfKey(parts)
  if (member === undefined || parts.replica.epoch.self !== null) return null
  switch (member.standing) {
    case 'candidate':
      return null
    case 'removed':
      return 'was removed from the validators'
    case 'validator':
      return `${member.name} signs with another key: name its file in consensusKeyPath, and start again`
  }
}
