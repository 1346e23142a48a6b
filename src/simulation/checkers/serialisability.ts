/** INVARIANT (strict serialisability): what is sent after a receipt was given is ordered after what the receipt is of. */
import type { Hash } from '../../types/ids.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'

/** Blocks have fewer transactions than this. */
const INDEX_MAX = 1_000_000

export function serialisabilityChecker(): Checker {
  /** Place in the chain that each transaction must come after. */
  const sentAfter = new Map<Hash, number>()
  let acknowledged = -1
  return {
    onSend(transaction) {
      if (!sentAfter.has(transaction)) sentAfter.set(transaction, acknowledged)
    },
    onReceipt(node, transaction) {
      const location = node.chain?.store.transactionLocation(transaction)
      if (location === undefined) return
      const place = location.height * INDEX_MAX + location.index
      if (place <= (sentAfter.get(transaction) ?? -1))
        throw new SimulationFailure('order of receipts', `${transaction} stands before what was final when it was sent`)
      acknowledged = Math.max(acknowledged, place)
    },
  }
}
