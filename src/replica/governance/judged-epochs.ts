/** By whose validators and leaders evidence is judged here: those of the running epoch, and what the state has kept. */
import { BoundedMap } from '../../base/bounded.ts'
import type { JudgedEpoch } from '../../ledger/evidence/bad-header.ts'
import type { GovernanceRules } from '../../ledger/governance-rules.ts'
import type { WordReader } from '../../ledger/storage-words.ts'
import { readSchedule } from '../../ledger/system/epoch-schedule.ts'
import { KEPT_EPOCHS, scheduleOfKeptEpoch } from '../../ledger/system/kept-epochs.ts'
import { isPunished } from '../../ledger/system/offences.ts'
import { readValidatorRecord } from '../../ledger/system/validator-records.ts'
import type { Address, Epoch } from '../../types/ids.ts'
import type { EpochContext } from '../epoch-context.ts'

export class JudgedEpochs {
  readonly #rules: GovernanceRules
  /** Of the latest final block. */
  readonly #words: () => WordReader
  /** BOUND: as many as the state keeps. */
  readonly #opened = new BoundedMap<Epoch, JudgedEpoch>(KEPT_EPOCHS)

  constructor(rules: GovernanceRules, words: () => WordReader) {
    this.#rules = rules
    this.#words = words
  }

  /** The state knows of an epoch only from its first block on. */
  open({ validators, schedule }: EpochContext): void {
    this.#opened.set(validators.epoch, { validators: validators.members, schedule })
  }

  /** Undefined for an epoch that is kept no longer, or has not begun here. */
  get(epoch: Epoch): JudgedEpoch | undefined {
    return this.#opened.get(epoch) ?? scheduleOfKeptEpoch(this.#words(), epoch, this.#rules.faultModel)
  }

  /** Whether nothing more happens to this validator for what it did in that epoch: it is too late, or done. */
  isSettled(culprit: Address, epoch: Epoch): boolean {
    const words = this.#words()
    const record = readValidatorRecord(words, culprit)
    const running = readSchedule(words)?.epoch ?? epoch
    if (running - epoch >= this.#rules.ageEpochsMax) return true
    if (record === undefined || record.standing === 'removed' || record.jailed) return true
    return isPunished(words, culprit, epoch)
  }
}
