/** What happens in a block before its first transaction (docs/ledger.md, "The order inside a block"). */
import type { BlockEnvironment } from './block-environment.ts'
import { makeDue } from './modules/validators/set-change.ts'
import { settleAll } from './modules/validators/tally.ts'
import type { LedgerRules } from './rules.ts'
import type { Words } from './storage-words.ts'
import { writeRingEntry } from './system/block-ring.ts'
import { resetCounters } from './system/counters.ts'
import { type EpochSchedule, readSchedule, scheduleOfEpoch, writeSchedule } from './system/epoch-schedule.ts'
import { writeKeptEpoch } from './system/kept-epochs.ts'

/** @param system storage of the system account over the parent's state. */
export function beginBlock({ governance }: LedgerRules, system: Words, environment: BlockEnvironment): EpochSchedule {
  const { height, epoch, parentHash, parentStateRoot } = environment
  writeRingEntry(system, { height: height - 1, hash: parentHash, stateRoot: parentStateRoot })
  const running = readSchedule(system)
  if (running?.epoch === epoch) {
    makeDue(system, governance, height)
    return running
  }
  const schedule = beginEpoch(system, environment)
  settleAll(system, { governance, height })
  makeDue(system, governance, height)
  return schedule
}

function beginEpoch(system: Words, { height, timeMs, epoch, parentHash }: BlockEnvironment): EpochSchedule {
  const schedule = { epoch, startHeight: height, startTimeMs: timeMs, ...scheduleOfEpoch(system, epoch, parentHash) }
  writeSchedule(system, schedule)
  writeKeptEpoch(system, schedule)
  resetCounters(system, schedule.validators.length)
  return schedule
}
