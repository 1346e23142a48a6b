import { describe, expect, test } from 'vitest'
import { defined } from '../../../src/base/invariant.ts'
import { BlockExecution } from '../../../src/ledger/block-execution.ts'
import { leaderSchedule } from '../../../src/ledger/leader-schedule.ts'
import { StateOverlay } from '../../../src/ledger/state-overlay.ts'
import { wordsIn, wordsOf } from '../../../src/ledger/storage-words.ts'
import { readNextWeights, scheduleSeed } from '../../../src/ledger/system/epoch-schedule.ts'
import { readKeptEpoch, scheduleOfKeptEpoch } from '../../../src/ledger/system/kept-epochs.ts'
import { SYSTEM_ADDRESS } from '../../../src/ledger/system/system-account.ts'
import { writeValidatorRecord, writeValidators } from '../../../src/ledger/system/validator-records.ts'
import type { WorldState } from '../../../src/ledger/world-state.ts'
import { ZERO_HASH } from '../../../src/types/ids.ts'
import type { Validator } from '../../../src/types/validator-set.ts'
import { addressOf, environmentAt, executed, initialState, NOTHING_MISSED, rulesWith, VALIDATORS } from './fixtures.ts'

const rules = rulesWith()
const NEWCOMER: Validator = { address: addressOf(1), consensusKey: new Uint8Array(33).fill(9), leads: true }
/** The second leaves, and one whose id comes before all others joins. */
const CHANGED = [NEWCOMER, ...VALIDATORS.filter((_, index) => index !== 1)]

function withNextSet(state: WorldState, validators: readonly Validator[], jailed: readonly number[] = []): WorldState {
  const overlay = new StateOverlay(state)
  const words = wordsOf(overlay, SYSTEM_ADDRESS)
  writeValidators(words, validators)
  for (const index of jailed) {
    const validator = defined(VALIDATORS[index], 'a validator')
    const { address } = validator
    const rest = { name: '', peer: '', feeRecipient: address, signer: address, addedAt: 0, readyAt: 0 }
    writeValidatorRecord(words, { ...validator, ...rest, standing: 'validator', jailed: true })
  }
  return overlay.commit()
}

describe('an epoch', () => {
  const first = executed(rules, initialState(rules, 1), 1, [])

  test('ends with the block after which other validators come, and only with it', () => {
    expect(first.end).toBe(false)
    const last = executed(rules, withNextSet(first.state, CHANGED), 2, [])
    expect(last).toMatchObject({ end: true, nextValidators: CHANGED })
    const next = new BlockExecution(rules, last.state, environmentAt(3, last.state, { epoch: 2 }))
    expect(next.finish(NOTHING_MISSED)).toMatchObject({ end: false, nextValidators: CHANGED })
  })

  test('ends when one of them no longer leads', () => {
    const [one, ...others] = VALIDATORS as [Validator, ...Validator[]]
    const silenced = [{ ...one, leads: false }, ...others]
    expect(executed(rules, withNextSet(first.state, silenced), 2, []).end).toBe(true)
  })

  test('gives weights by id: a newcomer has 4, who earned less keeps less, a jailed one leads nothing', () => {
    const voters = [0, 1, 3].map((index) => defined(VALIDATORS[index], 'a validator').address)
    const before = withNextSet(first.state, CHANGED, [3])
    const last = executed(rules, before, 2, [], { ...NOTHING_MISSED, voters })
    expect(readNextWeights(wordsIn(last.state, SYSTEM_ADDRESS))).toEqual([4, 4, 1, 0])
  })

  test('is kept for sixteen epochs, with the leaders it had', () => {
    let { state } = first
    const kept = (epoch: number) => readKeptEpoch(wordsIn(state, SYSTEM_ADDRESS), epoch)
    for (let epoch = 2; epoch <= 17; epoch++) {
      const execution = new BlockExecution(rules, state, environmentAt(epoch, state, { epoch }))
      state = execution.finish(NOTHING_MISSED).state
      if (epoch === 16) expect(kept(1)?.validators).toEqual(VALIDATORS)
    }
    expect(kept(1)).toBeUndefined()
    expect(kept(18)).toBeUndefined()
    const { parentHash } = environmentAt(2, state)
    expect(kept(2)).toMatchObject({ validators: VALIDATORS, weights: [4, 4, 4, 4], seed: scheduleSeed(parentHash) })
    expect(scheduleOfKeptEpoch(wordsIn(state, SYSTEM_ADDRESS), 2, 'byzantine')?.schedule).toEqual(
      leaderSchedule(VALIDATORS, [4, 4, 4, 4], scheduleSeed(parentHash), 3),
    )
  })

  test('has no jailed leader even when too few others lead', () => {
    const schedule = leaderSchedule(VALIDATORS, [0, 1, 1, 1], ZERO_HASH, 3)
    expect(schedule).not.toContain(0)
    expect(schedule).toHaveLength(12)
  })
})
