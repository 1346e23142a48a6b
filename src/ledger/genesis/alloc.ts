/** The first accounts, in the shape of geth's `alloc`: its files can be used as they are. */
import { bigIntToFixedBytes } from '../../base/bytes.ts'
import type { GenesisAccount } from '../../types/genesis.ts'
import { type Address, type Hash, hashFromBytes } from '../../types/ids.ts'
import { SYSTEM_ADDRESS } from '../system/system-account.ts'
import { ObjectReader, readAddress, readBigUint, readBytes, readUint, refuse } from './reader.ts'

const WORD_MAX = 2n ** 256n - 1n
const WORD = /^0x[0-9a-fA-F]{1,64}$/

export function readAlloc(value: unknown, path: string): ReadonlyMap<Address, GenesisAccount> {
  const alloc = new Map<Address, GenesisAccount>()
  let supply = 0n
  for (const [key, entry] of new ObjectReader(value, path).rest()) {
    const place = `${path}.${key}`
    // geth writes the addresses of its own networks without 0x.
    const address = readAddress(key.startsWith('0x') ? key : `0x${key}`, place)
    if (alloc.has(address)) refuse(place, 'the address is there twice')
    if (address === SYSTEM_ADDRESS) refuse(place, 'belongs to the network itself: remove it')
    const account = readAccount(entry, place)
    supply += account.balance
    alloc.set(address, account)
  }
  // No sum of balances can ever exceed this, so none has to be checked again.
  if (supply > WORD_MAX) refuse(path, 'the balances exceed 2^256 - 1 together')
  return alloc
}

function readAccount(value: unknown, path: string): GenesisAccount {
  const reader = new ObjectReader(value, path)
  const account = {
    balance: reader.field('balance', readBigUint(WORD_MAX)),
    nonce: reader.field('nonce', readUint(Number.MAX_SAFE_INTEGER - 1), 0),
    code: reader.field('code', readBytes, new Uint8Array(0)),
    storage: reader.field('storage', readStorage, new Map<Hash, Uint8Array>()),
  }
  reader.finish()
  return account
}

function readStorage(value: unknown, path: string): ReadonlyMap<Hash, Uint8Array> {
  const storage = new Map<Hash, Uint8Array>()
  for (const [key, content] of new ObjectReader(value, path).rest()) {
    const slot = hashFromBytes(readWord(key, `${path}.${key}`))
    if (storage.has(slot)) refuse(`${path}.${key}`, 'the slot is there twice')
    storage.set(slot, readWord(content, `${path}.${key}`))
  }
  return storage
}

function readWord(value: unknown, path: string): Uint8Array {
  if (typeof value !== 'string' || !WORD.test(value)) return refuse(path, 'expected 0x and 1 to 64 hexadecimal digits')
  return bigIntToFixedBytes(BigInt(value), 32)
}
