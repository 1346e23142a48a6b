/** Verifies accounts and storage slots against the state root of a final header (EIP-1186). */
import { bytesToBigInt } from '../base/bytes.ts'
import { asBigUint, asBytes, asFixedBytes, asTuple, asUint } from '../codec/fields.ts'
import { keccak256, keccak256Hash } from '../crypto/keccak.ts'
import { verifyProof } from '../trie/proof.ts'
import { EMPTY_ROOT } from '../trie/trie.ts'
import type { Header } from '../types/header.ts'
import { type Hash, hashFromBytes, idBytes, parseAddress, parseHash } from '../types/ids.ts'
import { type Json, readBytes, readHash, readList, readObject, readRlp } from './read-json.ts'
import { VerificationError } from './verification-error.ts'

export interface VerifiedAccount {
  readonly nonce: number
  /** Wei. */
  readonly balance: bigint
  readonly storageRoot: Hash
  readonly codeHash: Hash
}

const ABSENT: VerifiedAccount = {
  nonce: 0,
  balance: 0n,
  storageRoot: hashFromBytes(EMPTY_ROOT),
  codeHash: keccak256Hash(new Uint8Array(0)),
}

/**
 * The account as it is after the block; an address that the state does not hold is an empty account.
 * @param proof as `eth_getProof` answers. What it says beside the proof itself has to agree with it.
 * @throws VerificationError
 */
export function verifyAccount(proof: unknown, address: string, header: Header): VerifiedAccount {
  const fields = readObject(proof, 'account proof')
  const leaf = valueAt(header.stateRoot, idBytes(named(parseAddress(address), '20 bytes')), fields['accountProof'])
  const account = leaf === undefined ? ABSENT : readRlp(leaf, 'account', readAccount)
  const said = [fields['nonce'], fields['balance'], fields['codeHash'], fields['storageHash']]
  const proven = [quantity(account.nonce), quantity(account.balance), account.codeHash, account.storageRoot]
  if (proven.some((value, index) => value !== said[index])) {
    throw new VerificationError('wrongAnswer', `the account ${address} is not as its proof says`)
  }
  return account
}

/**
 * The 32 bytes of a slot after the block, zeros when it was never written.
 * @param proof as `eth_getProof` answers for the account and this slot.
 * @throws VerificationError
 */
export function verifyStorage(proof: unknown, address: string, slot: string, header: Header): Uint8Array {
  const { storageRoot } = verifyAccount(proof, address, header)
  const entry = slotEntry(proof, slot)
  const leaf = valueAt(storageRoot, idBytes(named(parseHash(slot), '32 bytes')), entry['proof'])
  const value =
    leaf === undefined ? new Uint8Array(0) : readRlp(leaf, 'storage value', (item) => asBytes(item, 'value', 32))
  if (quantity(bytesToBigInt(value)) !== entry['value']) {
    throw new VerificationError('wrongAnswer', `slot ${slot} is not as its proof says`)
  }
  const word = new Uint8Array(32)
  word.set(value, 32 - value.length)
  return word
}

/** What `eth_getProof` answers for one of its slots; not verified. @throws VerificationError when there is none. */
export function slotEntry(proof: unknown, slot: string): Json {
  const entries = readList(readObject(proof, 'account proof')['storageProof'], 'storage proof', readObject)
  const entry = entries.find(({ key }) => typeof key === 'string' && BigInt(readQuantity(key)) === BigInt(slot))
  if (entry === undefined) throw new VerificationError('badProof', `no proof for slot ${slot}`)
  return entry
}

/** @throws VerificationError unless these are the bytes that the account's code hash names. */
export function verifyCode(code: unknown, account: VerifiedAccount): void {
  if (keccak256Hash(readBytes(code, 'code')) === account.codeHash) return
  throw new VerificationError('wrongAnswer', 'the code is not that of the account')
}

/** What the caller asks for, which is no server's fault. */
function named<T>(parsed: T | undefined, form: string): T {
  if (parsed === undefined) throw new TypeError(`an address or slot is 0x and the hexadecimal digits of ${form}`)
  return parsed
}

function valueAt(root: Hash, key: Uint8Array, proof: unknown): Uint8Array | undefined {
  const verified = verifyProof(
    idBytes(readHash(root, 'root')),
    keccak256(key),
    readList(proof, 'proof node', readBytes),
  )
  if (!verified.ok) throw new VerificationError('badProof', verified.error.message)
  return verified.value
}

function readAccount(item: Parameters<typeof asTuple>[0]): VerifiedAccount {
  const [nonce, balance, storageRoot, codeHash] = asTuple(item, 4, 'account')
  return {
    nonce: asUint(nonce, 'nonce'),
    balance: asBigUint(balance, 'balance'),
    storageRoot: hashFromBytes(asFixedBytes(storageRoot, 32, 'storageRoot')),
    codeHash: hashFromBytes(asFixedBytes(codeHash, 32, 'codeHash')),
  }
}

function readQuantity(text: string): string {
  if (!/^0x[0-9a-fA-F]{1,64}$/.test(text)) throw new VerificationError('malformed', 'the server sent no storage key')
  return text
}

export function quantity(value: number | bigint): string {
  return `0x${value.toString(16)}`
}
