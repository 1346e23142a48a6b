/** Prints what one run did, and writes it as data if asked to. */
import { writeFileSync } from 'node:fs'
import { printTimeline, type TimelineEntry } from '../../src/simulation/timeline.ts'
import { printViews, type ViewLog } from '../../src/simulation/view-log.ts'
import { BadOption, options } from './options.ts'

interface Shown {
  readonly entries: readonly TimelineEntry[]
  readonly views: ViewLog
}

export function showTimeline(scenario: unknown, { entries, views }: Shown): void {
  const { outcomes } = views
  console.log(options.trace ? printTimeline(entries) : printViews(outcomes))
  console.log(JSON.stringify(scenario))
  if (options.json === undefined) return
  try {
    writeFileSync(options.json, `${JSON.stringify({ scenario, views: outcomes, steps: entries }, null, 1)}\n`)
  } catch (error) {
    throw new BadOption(`--json: ${error instanceof Error ? error.message : String(error)}`)
  }
}
