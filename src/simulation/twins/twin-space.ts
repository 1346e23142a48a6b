/**
 * All scenarios of one twin among four validators, in a network cut in two (or not) in each of so many
 * views, led by any of the four: each once up to renaming of the three honest ones and of the two twins. Numbered,
 * so that a scenario can be named, a search be resumed, and a sample be drawn evenly.
 */
import { defined, invariant } from '../../base/invariant.ts'
import { Random } from '../random.ts'
import type { TwinScenario, TwinView } from './twin-scenario.ts'

const VALIDATORS = 4
const TWIN = 0
const REPLICAS = VALIDATORS + 1
/** Replica 0 is always in the first part. */
const PARTITIONS = 2 ** (REPLICAS - 1)
const ACTIONS = VALIDATORS * PARTITIONS

/** By renaming: for each action, what it becomes. */
const RENAMINGS = renamings().map((places) => Array.from({ length: ACTIONS }, (_, action) => renamed(action, places)))
const ALL_RENAMINGS = 2 ** RENAMINGS.length - 1

export class TwinSpace {
  readonly #views: number
  /** By renamings that change nothing so far, as bits, and views left. */
  readonly #counts = new Map<number, number>()
  readonly size: number

  constructor(views: number) {
    this.#views = views
    this.size = this.#count(ALL_RENAMINGS, views)
    invariant(Number.isSafeInteger(this.size), 'the number of scenarios is exact')
  }

  /** The scenarios of an index below `size`: in ascending order of their actions. */
  at(index: number): TwinScenario {
    invariant(index >= 0 && index < this.size, 'a scenario of this space')
    const views: TwinView[] = []
    let fixing = ALL_RENAMINGS
    let rest = index
    for (let left = this.#views - 1; left >= 0; left--)
      for (const { action, fixed } of choices(fixing)) {
        const count = this.#count(fixed, left)
        if (rest < count) {
          views.push(viewOf(action))
          fixing = fixed
          break
        }
        rest -= count
      }
    return { validators: VALIDATORS, twins: [TWIN], views }
  }

  /** The index of one drawn evenly; the same for the same seed and position. */
  draw(seed: number, position: number): number {
    const random = new Random(seed, `twins ${position}`)
    const fraction = (random.uint32() * 2 ** 21 + (random.uint32() >>> 11)) / 2 ** 53
    return Math.floor(fraction * this.size)
  }

  #count(fixing: number, left: number): number {
    if (left === 0) return 1
    const key = fixing * (this.#views + 1) + left
    const known = this.#counts.get(key)
    if (known !== undefined) return known
    const count = choices(fixing).reduce((sum, { fixed }) => sum + this.#count(fixed, left - 1), 0)
    this.#counts.set(key, count)
    return count
  }
}

interface Choice {
  readonly action: number
  /** Renamings that change this action, and those before it, in nothing. */
  readonly fixed: number
}

const CHOICES = new Map<number, readonly Choice[]>()

/** The least of each orbit: a sequence made of such is the least of all that renaming makes of it. */
function choices(fixing: number): readonly Choice[] {
  const known = CHOICES.get(fixing)
  if (known !== undefined) return known
  const least: Choice[] = []
  for (let action = 0; action < ACTIONS; action++) {
    let fixed = 0
    let isLeast = true
    for (const [bit, images] of RENAMINGS.entries()) {
      if ((fixing & (1 << bit)) === 0) continue
      const image = defined(images[action], 'an action')
      if (image < action) isLeast = false
      else if (image === action) fixed |= 1 << bit
    }
    if (isLeast) least.push({ action, fixed })
  }
  CHOICES.set(fixing, least)
  return least
}

function viewOf(action: number): TwinView {
  const away = (action % PARTITIONS) << 1
  return {
    leader: Math.floor(action / PARTITIONS),
    parts: Array.from({ length: REPLICAS }, (_, replica) => ((away >> replica) & 1) + 1),
  }
}

function renamed(action: number, places: readonly number[]): number {
  const { leader, parts } = viewOf(action)
  const moved = new Array<number>(REPLICAS).fill(0)
  for (const [replica, part] of parts.entries()) moved[defined(places[replica], 'a place')] = part
  const first = moved[0]
  const away = moved.reduce((bits, part, replica) => bits | (part === first ? 0 : 1 << replica), 0)
  // Both replicas of the twin lead by its name, whatever places they take.
  const newLeader = leader === TWIN ? TWIN : defined(places[leader], 'a place')
  return newLeader * PARTITIONS + (away >> 1)
}

/** Where each replica goes: any order of the honest, and the twins as they are or swapped. */
function renamings(): number[][] {
  const orders = [
    [1, 2, 3],
    [1, 3, 2],
    [2, 1, 3],
    [2, 3, 1],
    [3, 1, 2],
    [3, 2, 1],
  ]
  return orders.flatMap((honest) => [
    [TWIN, ...honest, REPLICAS - 1],
    [REPLICAS - 1, ...honest, TWIN],
  ])
}
