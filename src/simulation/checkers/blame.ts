/** Blame falls on the guilty only: honest nodes never stop of themselves, nor lose score with each other. */
import type { Checker } from '../checker.ts'
import { peerOf } from '../simulated-genesis.ts'
import { SimulationFailure } from '../simulation-failure.ts'

export function blameChecker(byzantine: readonly number[]): Checker {
  const guilty = new Set(byzantine.map(peerOf))
  return {
    onPenalty(node, peer, reason) {
      if (!node.isByzantine && !guilty.has(peer))
        throw new SimulationFailure('blame', `node ${node.index} blames honest ${peer}: ${reason}`)
    },
    onStop(node, reason) {
      if (reason.kind === 'halt' && !node.isByzantine)
        throw new SimulationFailure('halt', `node ${node.index} halts: ${reason.reason}`)
    },
  }
}
