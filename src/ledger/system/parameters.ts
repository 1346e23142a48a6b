/** What governance may change. Those of block N are read from the state of block N − 1. */
import { bigIntToBytes } from '../../base/bytes.ts'
import { asBigUint, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../../codec/rlp.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'

export interface LedgerParameters {
  /** Wei per gas. */
  readonly baseFeePerGas: bigint
  /** Gas of a block. */
  readonly gasLimit: number
  /** The set grows up to this by candidates that are ready. */
  readonly targetValidators: number
}

const KEY = recordKey('parameters')

export function readParameters(words: WordReader): LedgerParameters {
  const fields = asTuple(decodeRlp(readValue(words, KEY)), 3, 'parameters')
  const [baseFeePerGas, gasLimit, targetValidators] = fields
  return {
    baseFeePerGas: asBigUint(baseFeePerGas, 'parameters.baseFeePerGas'),
    gasLimit: asUint(gasLimit, 'parameters.gasLimit'),
    targetValidators: asUint(targetValidators, 'parameters.targetValidators'),
  }
}

export function writeParameters(words: Words, parameters: LedgerParameters): void {
  const { baseFeePerGas, gasLimit, targetValidators } = parameters
  writeValue(words, KEY, encodeRlp([bigIntToBytes(baseFeePerGas), uintBytes(gasLimit), uintBytes(targetValidators)]))
}
