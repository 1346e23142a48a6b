/** What a Twins run did, for a person to read. */
import type { Effect } from '../../consensus/effects.ts'
import { describeEffect, describeRequest, type TimelineEntry } from '../timeline.ts'
import type { TwinReplica } from './twin-replica.ts'
import type { TwinObserver } from './twin-run.ts'

export class TwinTimeline implements TwinObserver {
  readonly entries: TimelineEntry[] = []

  onEffect({ index }: TwinReplica, effect: Effect, nowMs: number): void {
    const what = effect.kind === 'sign' ? `signs ${describeRequest(effect.request)}` : describeEffect(effect)
    if (what !== null) this.entries.push({ atMs: nowMs, node: index, what })
  }
}
