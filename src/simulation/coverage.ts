/**
 * What has happened at least once: a campaign in which something never happened has not tested it.
 */
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

  get missing(): readonly Covered[] {
    return COVERED.filter((what) => this.count(what) === 0)
  }

  get entries(): readonly (readonly [Covered, number])[] {
    return COVERED.map((what) => [what, this.count(what)] as const)
  }
}
