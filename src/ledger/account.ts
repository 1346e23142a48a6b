/** An account as the state trie holds it: rlp([nonce, balance, storageRoot, codeHash]) (Yellow Paper 4.1). */
import { bigIntToBytes, bytesEqual, EMPTY_BYTES } from '../base/bytes.ts'
import { asBigUint, asFixedBytes, asTuple, asUint, uintBytes } from '../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../codec/rlp.ts'
import { keccak256 } from '../crypto/keccak.ts'
import { EMPTY_ROOT } from '../trie/trie.ts'
import { type Hash, hashFromBytes, idBytes } from '../types/ids.ts'

export interface Account {
  readonly nonce: number
  /** Wei. */
  readonly balance: bigint
  readonly storageRoot: Hash
  readonly codeHash: Hash
}

const EMPTY_CODE_HASH_BYTES = keccak256(EMPTY_BYTES)
export const EMPTY_CODE_HASH = hashFromBytes(EMPTY_CODE_HASH_BYTES)
export const EMPTY_STORAGE_ROOT = hashFromBytes(EMPTY_ROOT)

/** What stands for an address that the state does not hold. */
export const EMPTY_ACCOUNT: Account = {
  nonce: 0,
  balance: 0n,
  storageRoot: EMPTY_STORAGE_ROOT,
  codeHash: EMPTY_CODE_HASH,
}

/** EIP-161: such an account is not kept. */
export function isEmptyAccount(account: Account): boolean {
  return account.nonce === 0 && account.balance === 0n && account.codeHash === EMPTY_CODE_HASH
}

export function encodeAccount(account: Account): Uint8Array {
  return encodeRlp([
    uintBytes(account.nonce),
    bigIntToBytes(account.balance),
    // Nearly every account has neither storage nor code: its two hashes are not parsed again.
    account.storageRoot === EMPTY_STORAGE_ROOT ? EMPTY_ROOT : idBytes(account.storageRoot),
    account.codeHash === EMPTY_CODE_HASH ? EMPTY_CODE_HASH_BYTES : idBytes(account.codeHash),
  ])
}

export function decodeAccount(bytes: Uint8Array): Account {
  const [nonce, balance, storageRoot, codeHash] = asTuple(decodeRlp(bytes), 4, 'account')
  return {
    nonce: asUint(nonce, 'account.nonce'),
    balance: asBigUint(balance, 'account.balance'),
    storageRoot: knownOrHash(asFixedBytes(storageRoot, 32, 'account.storageRoot'), EMPTY_ROOT, EMPTY_STORAGE_ROOT),
    codeHash: knownOrHash(asFixedBytes(codeHash, 32, 'account.codeHash'), EMPTY_CODE_HASH_BYTES, EMPTY_CODE_HASH),
  }
}

function knownOrHash(bytes: Uint8Array, knownBytes: Uint8Array, known: Hash): Hash {
  return bytesEqual(bytes, knownBytes) ? known : hashFromBytes(bytes)
}
