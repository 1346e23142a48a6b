/** INVARIANT: one chain, the same everywhere and for ever, told oldest first and without a gap. */

import type { Hash } from '../../types/ids.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'

interface Fixed {
  readonly hash: Hash
  readonly stateRoot: Hash
  readonly receiptsRoot: Hash
  readonly parentHash: Hash
}

export function agreementChecker(genesisHash: Hash): Checker {
  const chain = new Map<number, Fixed>()
  /** Height told last in the node's present life. */
  const told = new Map<number, number>()
  return {
    onBoot(node) {
      const tip = node.chain?.store.tip
      if (tip !== undefined) told.set(node.index, tip.header.height)
    },
    onFinal(node, final) {
      const { hash, header } = final.block
      const { height, stateRoot, receiptsRoot, parentHash } = header
      if (height !== (told.get(node.index) ?? 0) + 1)
        throw new SimulationFailure('order', `node ${node.index} tells of ${height} after ${told.get(node.index)}`)
      told.set(node.index, height)
      const fixed = chain.get(height)
      if (fixed === undefined) {
        const parent = height === 1 ? genesisHash : chain.get(height - 1)?.hash
        if (parent !== parentHash) throw new SimulationFailure('fork', `block ${height} ${hash} has another parent`)
        chain.set(height, { hash, stateRoot, receiptsRoot, parentHash })
        return
      }
      if (fixed.hash !== hash)
        throw new SimulationFailure('fork', `height ${height}: ${fixed.hash} was final, node ${node.index} has ${hash}`)
      if (fixed.stateRoot !== stateRoot || fixed.receiptsRoot !== receiptsRoot)
        throw new SimulationFailure('divergence', `height ${height}: another state at node ${node.index}`)
    },
    onEnd(nodes) {
      const up = nodes.filter((node) => !node.isByzantine)
      const heights = new Set(up.map((node) => node.height))
      if (heights.size > 1)
        throw new SimulationFailure(
          'catch-up',
          `heights differ in the end: ${up.map((node) => node.height).join(', ')}`,
        )
    },
  }
}
