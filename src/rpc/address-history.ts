/** Pages of what happened to an address, newest first; a block is never torn between two pages. */
import type { NodeApi, TransactionLocation } from '../node/node-api.ts'
import type { Address, Hash, Height } from '../types/ids.ts'
import { LIMIT_EXCEEDED, RpcError } from './errors.ts'
import type { RpcContext } from './method.ts'

export interface HistoryPage {
  /** Newest first. */
  readonly locations: readonly TransactionLocation[]
  /** Whether there is nothing beyond it in the direction that was asked for. */
  readonly isEnd: boolean
}

/** The page before block `end`. */
export async function pageBefore(node: NodeApi, address: Address, end: Height, size: number): Promise<HistoryPage> {
  return wholeBlocks(node.addressHistory(address, { start: 0, end }, true), size)
}

/** The page after block `start`. */
export async function pageAfter(node: NodeApi, address: Address, start: Height, size: number): Promise<HistoryPage> {
  const range = { start: start + 1, end: node.head().header.height + 1 }
  const { locations, isEnd } = await wholeBlocks(node.addressHistory(address, range, false), size)
  return { locations: [...locations].reverse(), isEnd }
}

/** The final transaction of a sender with a nonce. @throws RpcError when it would take too long to find. */
export async function findByNonce(
  { node, work, limits }: RpcContext,
  sender: Address,
  nonce: number,
): Promise<Hash | undefined> {
  let scanned = 0
  let sliceStartMs = performance.now()
  const range = { start: 0, end: node.head().header.height + 1 }
  for await (const { height, index } of node.addressHistory(sender, range, true)) {
    const transaction = node.blockByHeight(height)?.transactions[index]
    if (transaction?.sender === sender) {
      if (transaction.nonce === nonce) return transaction.hash
      // Nonces only fall from here on.
      if (transaction.nonce < nonce) return undefined
    }
    scanned += 1
    if (scanned >= limits.historyScanMax)
      throw new RpcError(LIMIT_EXCEEDED, `not among the last ${limits.historyScanMax} transactions`)
    sliceStartMs = await work.breathe(sliceStartMs)
  }
  return undefined
}

async function wholeBlocks(history: AsyncIterable<TransactionLocation>, size: number): Promise<HistoryPage> {
  const locations: TransactionLocation[] = []
  for await (const location of history) {
    if (locations.length >= size && location.height !== locations.at(-1)?.height) return { locations, isEnd: false }
    locations.push(location)
  }
  return { locations, isEnd: true }
}
