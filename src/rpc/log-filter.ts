/** How clients write what eth_getLogs and the subscription to logs select. */
import type { LogCriteria } from '../ledger/log-criteria.ts'
import type { RpcLimits } from './limits.ts'
import { asAddress, asArray, asHash, invalid } from './params.ts'

const TOPICS_MAX = 4

/** Of the `address` and `topics` of a filter object. @throws RpcError -32602 */
export function readCriteria(filter: Readonly<Record<string, unknown>>, limits: RpcLimits): LogCriteria {
  const { address, topics } = filter
  return {
    addresses: address === undefined || address === null ? [] : oneOrMany(address, 'address', asAddress, limits),
    topics: topics === undefined || topics === null ? [] : readTopics(topics, limits),
  }
}

/** Addresses and topics: what remembering it takes. */
export function criteriaCount({ addresses, topics }: LogCriteria): number {
  return topics.reduce((sum, wanted) => sum + (wanted?.length ?? 0), addresses.length)
}

function readTopics(value: unknown, limits: RpcLimits): LogCriteria['topics'] {
  const positions = asArray((position) => position, TOPICS_MAX)(value, 'topics')
  return positions.map((position) => {
    if (position === null) return null
    const wanted = oneOrMany(position, 'topics', asHash, limits)
    return wanted.length === 0 ? null : wanted
  })
}

function oneOrMany<T>(
  value: unknown,
  what: string,
  decode: (value: unknown, what: string) => T,
  limits: RpcLimits,
): readonly T[] {
  if (typeof value !== 'string' && !Array.isArray(value))
    throw invalid(what, 'expected a string or an array of strings')
  return typeof value === 'string' ? [decode(value, what)] : asArray(decode, limits.logAlternativesMax)(value, what)
}
