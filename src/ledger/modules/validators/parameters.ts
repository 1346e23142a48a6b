/** What governance may change, and within which bounds: constants of the protocol. */
import { bigIntToBytes, bigIntToFixedBytes, bytesToBigInt, utf8 } from '../../../base/bytes.ts'
import { type Hash, hashFromBytes } from '../../../types/ids.ts'
import { VALIDATORS_MAX } from '../../../types/limits.ts'
import { BLOCK_GAS_MAX, GOVERNANCE_CALL_GAS } from '../../gas.ts'
import type { WordReader, Words } from '../../storage-words.ts'
import { type LedgerParameters, readParameters, writeParameters } from '../../system/parameters.ts'

interface Governable {
  readonly name: keyof LedgerParameters
  readonly min: bigint
  readonly max: bigint
}

const GOVERNABLE: readonly Governable[] = [
  { name: 'baseFeePerGas', min: 0n, max: 2n ** 128n - 1n },
  { name: 'gasLimit', min: BigInt(GOVERNANCE_CALL_GAS), max: BigInt(BLOCK_GAS_MAX) },
  { name: 'targetValidators', min: 1n, max: BigInt(VALIDATORS_MAX) },
]

const VALUE_BYTES_MAX = 32
const KEY_BYTES = 32

export interface Setting {
  readonly name: keyof LedgerParameters
  readonly value: bigint
}

/** Undefined for a name that is none of ours, and a value that is out of its bounds. */
export function settingOf(key: Hash, value: Uint8Array): Setting | undefined {
  const found = GOVERNABLE.find(({ name }) => keyOf(name) === key)
  if (found === undefined || value.length === 0 || value.length > VALUE_BYTES_MAX) return undefined
  const number = bytesToBigInt(value)
  return number < found.min || number > found.max ? undefined : { name: found.name, value: number }
}

/** The one form in which its value is proposed: without leading zeros, zero itself as one byte. */
export function canonicalValue({ value }: Setting): Uint8Array {
  return value === 0n ? Uint8Array.of(0) : bigIntToBytes(value)
}

export function applySetting(words: Words, { name, value }: Setting): void {
  const changed = name === 'baseFeePerGas' ? { baseFeePerGas: value } : { [name]: Number(value) }
  writeParameters(words, { ...readParameters(words), ...changed })
}

export function settingsIn(words: WordReader): { readonly key: Hash; readonly value: bigint }[] {
  const parameters = readParameters(words)
  return GOVERNABLE.map(({ name }) => ({ key: keyOf(name), value: BigInt(parameters[name]) }))
}

/** The name in ASCII, padded on the right, as `stringToHex(name, { size: 32 })` gives it. */
function keyOf(name: string): Hash {
  const key = bigIntToFixedBytes(0n, KEY_BYTES)
  key.set(utf8(name))
  return hashFromBytes(key)
}
