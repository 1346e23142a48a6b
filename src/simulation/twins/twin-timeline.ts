/** What a Twins run did, for a person to read. */
import type { Effect } from '../../consensus/effects.ts'
import { describeEffect, describeRequest, type TimelineEntry } from '../timeline.ts'
import { ViewLog } from '../view-log.ts'
import type { TwinReplica } from './twin-replica.ts'
import type { TwinObserver } from './twin-run.ts'

/** It ends with the first. */
const EPOCH = 1

export class TwinTimeline implements TwinObserver {
  readonly entries: TimelineEntry[] = []
  readonly views = new ViewLog()

  onEffect({ index }: TwinReplica, effect: Effect, nowMs: number): void {
    const what = effect.kind === 'sign' ? `signs ${describeRequest(effect.request)}` : describeEffect(effect)
    if (what !== null) this.entries.push({ atMs: nowMs, node: index, what })
    if (effect.kind === 'sign') this.views.onSign(index, effect.request)
    else this.views.onEffect(index, EPOCH, effect, nowMs)
  }
}
