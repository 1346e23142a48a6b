/** Whether a consensus key has been changed for another (docs/operations.md, "A new key"). */
import { bytesEqual } from '../base/bytes.ts'
import { addressOfPublicKey } from '../crypto/secp256k1.ts'
import type { WordReader } from '../ledger/storage-words.ts'
import { readNewKey } from '../ledger/system/pending-changes.ts'
import { readKeyOwner, readValidatorRecord } from '../ledger/system/validator-records.ts'

/** Its validator has another key since, so that no epoch to come can name this one: it need not be opened any more. */
export function isRetired(words: WordReader, publicKey: Uint8Array): boolean {
  const owner = readKeyOwner(words, addressOfPublicKey(publicKey))
  const record = owner === undefined ? undefined : readValidatorRecord(words, owner)
  if (record === undefined || bytesEqual(record.consensusKey, publicKey)) return false
  return !bytesEqual(readNewKey(words, record.address), publicKey)
}
