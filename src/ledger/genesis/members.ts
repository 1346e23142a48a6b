/** Who takes part from the first block on: validators and modules. */
import { addressOfPublicKey, isPublicKey } from '../../crypto/secp256k1.ts'
import type { GenesisModule, GenesisValidator } from '../../types/genesis.ts'
import { VALIDATORS_MAX } from '../../types/limits.ts'
import { isPeerAddress, isPlain, NAME_LENGTH_MAX, PEER_LENGTH_MAX } from '../member-fields.ts'
import { ObjectReader, readAddress, readBytes, readList, readString, refuse, requireDistinct } from './reader.ts'

const MODULE_NAME = /^[a-zA-Z][a-zA-Z0-9]{0,31}$/
const SHA256 = /^[0-9a-f]{64}$/
const MODULES_MAX = 256

export function readValidators(value: unknown, path: string): readonly GenesisValidator[] {
  const validators = readList(readValidator, 1, VALIDATORS_MAX)(value, path)
  requireDistinctMembers(validators, path)
  return validators
}

/** They share the names and keys of the validators, so that none can be in both. */
export function readCandidates(validators: readonly GenesisValidator[]) {
  return (value: unknown, path: string): readonly GenesisValidator[] => {
    const candidates = readList(readValidator, 0, VALIDATORS_MAX)(value, path)
    requireDistinctMembers(candidates, path)
    for (const [index, { address, name }] of candidates.entries())
      if (validators.some((validator) => validator.address === address || validator.name === name))
        refuse(`${path}[${index}]`, `${name} is a validator already, by its name or its key`)
    return candidates
  }
}

function requireDistinctMembers(members: readonly GenesisValidator[], path: string): void {
  const names = members.map(({ name }) => name)
  requireDistinct(names, path, 'the name')
  const addresses = members.map(({ address }) => address)
  requireDistinct(addresses, path, 'the key of')
}

function readValidator(value: unknown, path: string): GenesisValidator {
  const reader = new ObjectReader(value, path)
  const consensusKey = reader.field('consensusKey', readPublicKey)
  const address = addressOfPublicKey(consensusKey)
  const stated = reader.field('address', readAddress, address)
  if (stated !== address) refuse(`${path}.address`, `the consensus key has the address ${address}`)
  const validator = {
    address,
    consensusKey,
    peer: reader.field('peer', readPeer),
    name: reader.field('name', readMemberName),
  }
  reader.finish()
  return validator
}

function readMemberName(value: unknown, path: string): string {
  const name = readString(1, NAME_LENGTH_MAX)(value, path)
  return isPlain(name) ? name : refuse(path, 'expected text without control characters')
}

function readPublicKey(value: unknown, path: string): Uint8Array {
  const key = readBytes(value, path)
  return isPublicKey(key) ? key : refuse(path, 'expected a compressed secp256k1 public key of 33 bytes')
}

function readPeer(value: unknown, path: string): string {
  const peer = readString(1, PEER_LENGTH_MAX)(value, path)
  return isPeerAddress(peer)
    ? peer
    : refuse(path, 'expected a multiaddr that ends with the peer id: /ip4/…/tcp/…/p2p/…')
}

export function readModules(value: unknown, path: string): readonly GenesisModule[] {
  const modules = readList(readModule, 0, MODULES_MAX)(value, path)
  requireDistinct(
    modules.map((module) => module.name),
    path,
    'the name',
  )
  requireDistinct(
    modules.map((module) => module.address),
    path,
    'the address',
  )
  return modules
}

/** So that it may name a file, a command or a table. */
export function isModuleName(name: string): boolean {
  return MODULE_NAME.test(name)
}

function readModule(value: unknown, path: string): GenesisModule {
  const reader = new ObjectReader(value, path)
  const name = reader.field('name', readString(1, 32))
  if (!isModuleName(name)) refuse(`${path}.name`, 'a module is named in letters and digits')
  const address = reader.field('address', readAddress)
  if (!reader.has('source') && !reader.has('sha256')) {
    reader.finish()
    return { name, address }
  }
  const source = reader.field('source', readString(1, 256))
  const sha256 = reader.field('sha256', readString(64, 64))
  if (!SHA256.test(sha256)) refuse(`${path}.sha256`, 'expected 64 lower-case hexadecimal digits, as sha256sum prints')
  reader.finish()
  return { name, address, source, sha256 }
}
