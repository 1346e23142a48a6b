/**
 * INVARIANT: a validator that speaks of an epoch that is over is told at once how it ended, unless it was just
 * before (docs/consensus.md, "The end of an epoch"): so one who knows moves all others.
 */
import { epochOf } from '../../network/messages.ts'
import type { SharedWork } from '../../replica/shared-work.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'

/** One answer to a peer is enough in this time. */
const ANSWERED_MS = 500

export function oldEpochChecker(nowMs: () => number, decode: SharedWork['decode']): Checker {
  /** By who answers and whom: when last. */
  const answeredAtMs = new Map<string, number>()
  return {
    onDirectSent({ index }, to, bytes) {
      const message = decode(bytes)
      if (message.ok && message.value.kind === 'epochEnd') answeredAtMs.set(`${index} ${to}`, nowMs())
    },
    onDirectTaken(node, ownEpoch, from, bytes) {
      const message = decode(bytes)
      if (node.isByzantine || !message.ok) return
      const epoch = message.value.kind === 'status' ? message.value.status.epoch : epochOf(message.value)
      if (epoch === null || epoch >= ownEpoch || node.chain?.store.epochEnd(epoch) === undefined) return
      if (nowMs() - (answeredAtMs.get(`${node.index} ${from}`) ?? Number.NEGATIVE_INFINITY) > ANSWERED_MS)
        throw new SimulationFailure('old epoch', `node ${node.index} does not tell ${from} how epoch ${epoch} ended`)
    },
  }
}
