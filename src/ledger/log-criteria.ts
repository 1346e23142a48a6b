/** What eth_getLogs, filters and subscriptions select logs by, and the blocks that may have some. */
import type { Address, Hash } from '../types/ids.ts'
import type { Log } from '../types/receipt.ts'
import { bloomMayHold } from './receipt-codec.ts'

export interface LogCriteria {
  /** Empty = any. */
  readonly addresses: readonly Address[]
  /** Per position: null = any, otherwise one of these. A log with fewer topics than positions is not selected. */
  readonly topics: readonly (readonly Hash[] | null)[]
}

export function matchesLog({ addresses, topics }: LogCriteria, log: Log): boolean {
  if (addresses.length > 0 && !addresses.includes(log.address)) return false
  if (topics.length > log.topics.length) return false
  return topics.every((wanted, position) => {
    const topic = log.topics[position]
    return wanted === null || (topic !== undefined && wanted.includes(topic))
  })
}

/** False only if no log of the bloom's block can match. */
export function bloomMayMatch(bloom: Uint8Array, { addresses, topics }: LogCriteria): boolean {
  if (addresses.length > 0 && !addresses.some((address) => bloomMayHold(bloom, address))) return false
  return topics.every((wanted) => wanted === null || wanted.some((topic) => bloomMayHold(bloom, topic)))
}
