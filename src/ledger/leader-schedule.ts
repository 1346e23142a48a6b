/**
 * Who leads which view (docs/ledger.md, "Who leads"): fixed for an epoch by data in the state, never
 * by what a replica happens to have seen. Rounds 0 to 3; round k has every validator of weight above
 * k once, shuffled from keccak256(seed ‖ k), so no run of faulty leaders is longer than 2t.
 */
import { concatBytes } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'
import { keccak256 } from '../crypto/keccak.ts'
import { type Hash, idBytes } from '../types/ids.ts'
import type { Validator } from '../types/validator-set.ts'
import type { ValidatorCounters } from './system/counters.ts'

const WEIGHT_MAX = 4
/** A jailed one leads nothing, however few are left. */
export const WEIGHT_JAILED = 0
/** Of a newcomer, and of everybody in the first epoch. */
export const WEIGHT_FIRST = WEIGHT_MAX
const WEIGHT_POOR = 1
/** A leader that misses more than a quarter of its views gets fewer of them. */
const MISSED_PERCENT_MAX = 25

/** From an epoch's counters, before the rules for too few good leaders are applied. */
export function leaderWeights(counters: readonly ValidatorCounters[]): number[] {
  return counters.map(({ proposed, missed, voted }) =>
    voted === 0 || 100 * missed > MISSED_PERCENT_MAX * (missed + proposed) ? WEIGHT_POOR : WEIGHT_MAX,
  )
}

/** Indices of validators; leads view v: the one at v mod length. `quorum` is that of the set. */
export function leaderSchedule(
  validators: readonly Pick<Validator, 'leads'>[],
  weights: readonly number[],
  seed: Hash,
  quorum: number,
): readonly number[] {
  invariant(weights.length === validators.length, 'each validator has a weight')
  const effective = effectiveWeights(validators, weights, quorum)
  const schedule: number[] = []
  for (let round = 0; round < WEIGHT_MAX; round++) {
    const members = effective.flatMap((weight, index) => (weight > round ? [index] : []))
    schedule.push(...shuffled(members, keccak256(concatBytes(idBytes(seed), Uint8Array.of(round)))))
  }
  return schedule
}

function effectiveWeights(
  validators: readonly Pick<Validator, 'leads'>[],
  weights: readonly number[],
  quorum: number,
): readonly number[] {
  const leading = weights.map((weight, index) => (validators[index]?.leads === true ? weight : 0))
  if (leading.filter((weight) => weight === WEIGHT_MAX).length >= quorum) return leading
  const relaxed = leading.map((weight) => (weight > 0 ? WEIGHT_MAX : 0))
  return relaxed.some((weight) => weight > 0) ? relaxed : validators.map(() => WEIGHT_POOR)
}

/** Fisher–Yates. DETERMINISM: the draws come from the seed alone. */
function shuffled(members: readonly number[], seed: Uint8Array): number[] {
  const order = [...members]
  const draws = new Draws(seed)
  for (let last = order.length - 1; last > 0; last--) {
    const other = draws.below(last + 1)
    const moved = order[last] as number
    order[last] = order[other] as number
    order[other] = moved
  }
  return order
}

/** Uniform integers from a hash chain: two bytes a draw, those that would favour low results thrown away. */
class Draws {
  #block: Uint8Array
  #offset = 0

  constructor(seed: Uint8Array) {
    this.#block = seed
  }

  below(limit: number): number {
    const fair = 0x1_0000 - (0x1_0000 % limit)
    for (;;) {
      const draw = this.#next()
      if (draw < fair) return draw % limit
    }
  }

  #next(): number {
    if (this.#offset === this.#block.length) {
      this.#block = keccak256(this.#block)
      this.#offset = 0
    }
    const draw = ((this.#block[this.#offset] as number) << 8) | (this.#block[this.#offset + 1] as number)
    this.#offset += 2
    return draw
  }
}
