/** A log and its place. `removed` is always false: what is final stays. */
import type { LocatedLog } from '../../node/node-api.ts'
import { data, quantity } from './encoding.ts'

export function logJson(located: LocatedLog) {
  return {
    address: located.log.address,
    topics: located.log.topics,
    data: data(located.log.data),
    blockHash: located.blockHash,
    blockNumber: quantity(located.height),
    blockTimestamp: quantity(located.timestamp),
    transactionHash: located.transactionHash,
    transactionIndex: quantity(located.transactionIndex),
    logIndex: quantity(located.logIndex),
    removed: false,
  }
}
