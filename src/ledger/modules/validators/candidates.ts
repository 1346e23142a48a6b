/** A candidate says that it has the state, which only who has it can say. */
import type { Hex } from '../../../base/bytes.ts'
import { isPlanted } from '../../../base/planted-bug.ts'
import { readRingEntry } from '../../system/block-ring.ts'
import { readRecordOfSigner, writeValidatorRecord } from '../../system/validator-records.ts'
import type { CallingContext } from './abi.ts'
import { makeDueAndLog } from './change-log.ts'

/** Checked against the latest 256 blocks; it holds for `readyBlocksMax` blocks from that height on. */
export function ready(context: CallingContext, [number, stateRoot]: readonly [bigint, Hex]): void {
  const { words } = context
  const record = readRecordOfSigner(words, context.sender)
  if (record?.standing !== 'candidate' || record.jailed) return context.revert('NotCandidate', [])
  const height = Number(number)
  const entry = Number.isSafeInteger(height) && height > 0 ? readRingEntry(words, height) : undefined
  if (entry === undefined) return context.revert('BadReady', ['height'])
  const isRight = entry.stateRoot === stateRoot || (__CANARIES__ && isPlanted('ready-root-unchecked'))
  if (!isRight) return context.revert('BadReady', ['stateRoot'])
  if (height <= record.readyAt) return context.revert('BadReady', ['known'])
  writeValidatorRecord(words, { ...record, readyAt: height })
  context.emit('CandidateReady', [record.address, number])
  makeDueAndLog(context)
}
