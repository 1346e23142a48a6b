/** The logs of a block with their places in it. */
import { defined } from '../base/invariant.ts'
import type { FinalBlock, LocatedLog } from '../node/node-api.ts'
import { timestampOf } from '../types/header.ts'

export function locatedLogs(block: FinalBlock): readonly LocatedLog[] {
  let logIndex = 0
  return block.receipts.flatMap((receipt, transactionIndex) => {
    const { hash } = defined(block.transactions[transactionIndex], 'the transaction of the receipt')
    return receipt.logs.map((log) => ({
      log,
      blockHash: block.hash,
      height: block.header.height,
      timestamp: timestampOf(block.header),
      transactionHash: hash,
      transactionIndex,
      logIndex: logIndex++,
    }))
  })
}
