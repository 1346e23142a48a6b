/** Records of the network's own account as a state has them, each read and decoded once a state. */
import type { Address } from '../../types/ids.ts'
import { oncePerState } from '../state-memo.ts'
import { type WordReader, wordsIn } from '../storage-words.ts'
import type { WorldState } from '../world-state.ts'
import { type LedgerParameters, readParameters } from './parameters.ts'
import { SYSTEM_ADDRESS } from './system-account.ts'
import { readValidatorRecord } from './validator-records.ts'

const parametersWithin = oncePerState<null, LedgerParameters>((state) => readParameters(systemWordsIn(state)))

export const validatorRecordIn = oncePerState((state, address: Address) =>
  readValidatorRecord(systemWordsIn(state), address),
)

export function systemWordsIn(state: WorldState): WordReader {
  return wordsIn(state, SYSTEM_ADDRESS)
}

export function parametersIn(state: WorldState): LedgerParameters {
  return parametersWithin(state, null)
}
