/** Proof of a fault: judged, remembered once for each culprit and epoch, and answered with jail and a removal. */
import { fromHex, type Hex } from '../../../base/bytes.ts'
import { defined } from '../../../base/invariant.ts'
import { isPlanted } from '../../../base/planted-bug.ts'
import { decodeEvidence, EVIDENCE_NUMBER } from '../../../types/evidence.ts'
import { type Address, type Epoch, type Hash, ZERO_ADDRESS } from '../../../types/ids.ts'
import type { JudgedEpoch } from '../../evidence/bad-header.ts'
import { type Judgement, judgeEvidence } from '../../evidence/judge-evidence.ts'
import { MODULE_GAS } from '../../gas.ts'
import { readSchedule } from '../../system/epoch-schedule.ts'
import { scheduleOfKeptEpoch } from '../../system/kept-epochs.ts'
import { isPunished, writeOffence } from '../../system/offences.ts'
import { findOpen, readOpen, writeOpen } from '../../system/open-proposals.ts'
import { isLeaving } from '../../system/pending-changes.ts'
import { readProposal, removalTopic, writeProposal } from '../../system/proposals.ts'
import { readValidatorRecord, writeValidatorRecord } from '../../system/validator-records.ts'
import type { CallingContext } from './abi.ts'
import { makeDueAndLog } from './change-log.ts'
import { openProposal } from './propose.ts'
import { enqueueRemoval } from './tally.ts'

/** As many as a judgement makes at most. */
const SIGNATURE_CHECKS_MAX = 4

/** By anybody. */
export function submitEvidence(context: CallingContext, [encoded]: readonly [Hex]): void {
  const { words, block } = context
  const { id, culprit, kind, epoch, view } = judged(context, fromHex(encoded))
  const isDone = isPunished(words, culprit, epoch) && !(__CANARIES__ && isPlanted('evidence-punished-twice'))
  if (isDone) context.revert('BadEvidence', ['alreadyPunished'])
  const number = EVIDENCE_NUMBER[kind]
  writeOffence(words, { id, kind: number, culprit, epoch, view, height: block.height, submitter: context.sender })
  context.emit('EvidenceAccepted', [id, culprit, number, BigInt(epoch), BigInt(view)])
  const record = readValidatorRecord(words, culprit)
  if (record === undefined) return
  if (!record.jailed) {
    writeValidatorRecord(words, { ...record, jailed: true })
    context.emit('Jailed', [culprit, id])
  }
  if (record.standing !== 'removed') accuse(context, culprit, id)
}

function judged(context: CallingContext, encoded: Uint8Array): Judgement {
  const { rules } = context
  context.charge(SIGNATURE_CHECKS_MAX * MODULE_GAS.signatureCheck)
  const evidence = decodeEvidence(encoded)
  if (!evidence.ok) return context.revert('BadEvidence', ['malformed'])
  const { genesisHash, verifier } = rules
  const judgement = judgeEvidence(evidence.value, {
    genesisHash,
    verifier,
    epoch: (epoch) => keptEpoch(context, epoch),
  })
  if (!judgement.ok) return context.revert('BadEvidence', [judgement.error.code])
  return judgement.value
}

function keptEpoch({ words, rules }: CallingContext, epoch: Epoch): JudgedEpoch | undefined {
  const { ageEpochsMax, faultModel } = rules.governance
  const running = defined(readSchedule(words), 'the schedule of the running epoch').epoch
  if (epoch > running || running - epoch >= ageEpochsMax) return undefined
  return scheduleOfKeptEpoch(words, epoch, faultModel)
}

/** Turns a removal that is open or decided already into one for evidence, or opens it. */
function accuse(context: CallingContext, culprit: Address, evidenceId: Hash): void {
  const { words, rules, block } = context
  if (isLeaving(words, culprit)) {
    enqueueRemoval(words, 'convict', culprit)
    makeDueAndLog(context)
    return
  }
  const now = { governance: rules.governance, height: block.height }
  const open = findOpen(words, removalTopic(culprit), now)
  if (open === undefined) {
    openProposal(context, ZERO_ADDRESS, { kind: 'remove', subject: culprit, evidenceId })
    return
  }
  // From now on, or whoever was accused in time would be safe from what is proven in its last blocks.
  const accusation = defined(readProposal(words, open), 'an open proposal')
  writeProposal(words, open, { ...accusation, openedAt: block.height, evidenceId })
  const { approvals } = defined(readOpen(words, open, now), 'an open proposal')
  writeOpen(words, open, { openedAt: block.height, approvals })
}
