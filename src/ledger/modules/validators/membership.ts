/** Who calls, and what it may say of itself. */
import type { Address } from '../../../types/ids.ts'
import { isPeerAddress } from '../../member-fields.ts'
import { isLeaving } from '../../system/pending-changes.ts'
import { readRecordOfSigner, type ValidatorRecord, writeValidatorRecord } from '../../system/validator-records.ts'
import type { CallingContext } from './abi.ts'
import { makeDueAndLog } from './change-log.ts'
import { enqueueRemoval } from './tally.ts'

/** The validator that speaks with this key, unless it is jailed. */
export function callingValidator(context: CallingContext): ValidatorRecord {
  const record = readRecordOfSigner(context.words, context.sender)
  if (record?.standing !== 'validator' || record.jailed) return context.revert('NotValidator', [])
  return record
}

/** A validator or an appointed candidate that is not jailed. */
function callingMember(context: CallingContext): ValidatorRecord {
  const record = readRecordOfSigner(context.words, context.sender)
  if (record === undefined || record.standing === 'removed' || record.jailed) return context.revert('NotValidator', [])
  return record
}

export function setFeeRecipient(context: CallingContext, [feeRecipient]: readonly [string]): void {
  writeValidatorRecord(context.words, { ...callingMember(context), feeRecipient: feeRecipient as Address })
}

export function setPeer(context: CallingContext, [peer]: readonly [string]): void {
  const record = callingMember(context)
  if (!isPeerAddress(peer)) context.revert('BadPeer', [])
  writeValidatorRecord(context.words, { ...record, peer })
}

/** A removal without a vote. It waits like any other where the set would become too small. */
export function leave(context: CallingContext): void {
  const { words } = context
  const { address } = callingMember(context)
  if (isLeaving(words, address)) context.revert('Closed', [])
  enqueueRemoval(words, 'remove', address)
  makeDueAndLog(context)
}
