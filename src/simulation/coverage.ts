/**
 * What has happened at least once: a campaign in which something never happened that could has not tested it.
 */
import type { FaultKind, ScenarioOptions } from './scenario.ts'

export const COVERED = [
  'commit',
  'view',
  'qc',
  'tc',
  'timeout',
  'crash',
  'restart',
  'replayed after restart',
  'own statement repeated after restart',
  'block fetched',
  'fork of uncommitted blocks',
  'empty block',
  'two views in a row failed',
  'partition',
  'message held by a clogged link',
  'connection broken',
  'message lost with its connection',
  'pause',
  'evidence found',
  'disk error',
  'stopped by a full disk',
  'flipped bit refused',
  'flipped bit cut off',
  'flipped bit of a signing record outlived',
  'wiped disk',
  'restored disk',
  'epoch ended',
  'epoch ended by a suffix',
  'set changed',
  'validator removed',
  'removed validator back',
  'returned validator signed',
  'key changed',
  'key changed while its node was down',
  'changed key signed',
] as const

export type Covered = (typeof COVERED)[number]

/** The faults without which it need not happen; of what is not here, any run can show it. */
const FAULTS: Partial<Record<Covered, FaultKind>> = {
  crash: 'crash',
  restart: 'crash',
  'replayed after restart': 'crash',
  'own statement repeated after restart': 'crash',
  'key changed while its node was down': 'crash',
  partition: 'partition',
  'message held by a clogged link': 'clog',
  'connection broken': 'disconnect',
  'message lost with its connection': 'disconnect',
  pause: 'pause',
  'disk error': 'diskError',
  'stopped by a full disk': 'diskFull',
  'flipped bit refused': 'bitFlip',
  'flipped bit cut off': 'bitFlip',
  'flipped bit of a signing record outlived': 'bitFlip',
  'wiped disk': 'wipe',
  'restored disk': 'restore',
}
/** n = 3t + 1: fewer have nobody who may lie, and not always two for what happens between them. */
const NODES_MIN = 4

/** What a campaign of runs like this has to show. `strategies`: null for none and all in turn. */
export function demandedOf({ nodes, faults, strategies }: CampaignOptions): readonly Covered[] {
  if (nodes < NODES_MIN) return []
  // A liar in each run leaves no room for who loses its disk, and makes other faults rare.
  const liesAlways = strategies !== null && strategies.length > 0
  return COVERED.filter((what) => {
    if (what === 'evidence found') return strategies === null
    const fault = FAULTS[what]
    return fault === undefined || (faults.includes(fault) && !liesAlways)
  })
}

interface CampaignOptions extends Omit<ScenarioOptions, 'strategies'> {
  readonly strategies: ScenarioOptions['strategies'] | null
}

export class Coverage {
  readonly #counts = new Map<Covered, number>()

  hit(what: Covered): void {
    this.#counts.set(what, this.count(what) + 1)
  }

  count(what: Covered): number {
    return this.#counts.get(what) ?? 0
  }

  add(other: Pick<Coverage, 'entries'>): void {
    for (const [what, count] of other.entries) this.#counts.set(what, this.count(what) + count)
  }

  missing(demanded: readonly Covered[]): readonly Covered[] {
    return demanded.filter((what) => this.count(what) === 0)
  }

  get entries(): readonly (readonly [Covered, number])[] {
    return COVERED.map((what) => [what, this.count(what)] as const)
  }
}
