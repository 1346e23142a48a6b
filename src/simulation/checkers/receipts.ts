/** What a client was told is final stays so: at every node, after every restart. */

import type { Hash } from '../../types/ids.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'

export function receiptChecker(): Checker {
  const given = new Map<Hash, number>()
  return {
    onReceipt(node, transaction) {
      const location = node.chain?.store.transactionLocation(transaction)
      if (location === undefined)
        throw new SimulationFailure('lost receipt', `node ${node.index} cannot find what it has just told of`)
      given.set(transaction, location.height)
    },
    onStep(node, event) {
      if (event.kind === 'start' && node.height < node.finalHeight)
        throw new SimulationFailure(
          'lost receipt',
          `node ${node.index} told of block ${node.finalHeight} and takes part again at ${node.height}`,
        )
    },
    onEnd(nodes) {
      for (const [transaction, height] of given)
        for (const node of nodes)
          if (!node.isByzantine && node.chain?.store.transactionLocation(transaction)?.height !== height)
            throw new SimulationFailure('lost receipt', `node ${node.index} has no ${transaction} at height ${height}`)
    },
  }
}
