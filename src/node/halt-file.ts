/** What keeps a node that halted from starting again until a person has dealt with it (docs/operations.md, "Halted"). */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReportedHalt } from '../replica/ports.ts'
import { syncNames } from '../storage/node-files/sync-names.ts'
import { type Refusal, refusal } from './exit-codes.ts'
import { systemReason } from './system-reason.ts'

const HALT_REPORT = 'halted.json'

/**
 * DURABILITY: a halt is written down when this returns, in the place of what was known of it before. Where the disk
 * takes nothing any more it is a refusal all the same: whoever looks after the process must not start it again.
 */
export function writeHalt({ reason, report }: ReportedHalt, dataDir: string): Refusal {
  const path = join(dataDir, HALT_REPORT)
  try {
    const draft = `${path}.new`
    writeFileSync(draft, `${report}\n`, { flush: true })
    renameSync(draft, path)
    syncNames(dataDir)
    return refusal(`halted: ${reason}; ${path} has the evidence`)
  } catch (error) {
    return refusal(`halted: ${reason}; ${path} could not be written (${systemReason(error)}), the evidence: ${report}`)
  }
}

/** Null when it may start. */
export function haltedBefore(dataDir: string): Refusal | null {
  const path = join(dataDir, HALT_REPORT)
  if (!existsSync(path)) return null
  const { reason, remedy } = readReport(path)
  const why = reason === null ? `${path} says why` : `${reason} (${path})`
  return refusal(`this node halted: ${why}. ${remedy ?? 'Deal with it and remove the file to start again'}`)
}

/** A person may have edited it. */
function readReport(path: string): { readonly reason: string | null; readonly remedy: string | null } {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8')) as { readonly reason?: unknown; readonly remedy?: unknown }
    return { reason: textOrNull(report.reason), remedy: textOrNull(report.remedy) }
  } catch {
    return { reason: null, remedy: null }
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
