/** INVARIANT: a validator that follows the views of its epoch when all is well takes part in them, one that has come back as well. */
import type { Epoch } from '../../types/ids.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'

/** A node that has just come up may not know the blocks yet that it is to vote for … */
const SILENT_VIEWS_MAX = 10
/** … and one that stood still goes through all that came meanwhile before it has executed a block. */
const SILENT_MS_MAX = 300

interface Silence {
  readonly epoch: Epoch
  readonly sinceMs: number
  /** Entered by a QC. */
  views: number
}

/** `isWell`: whether nothing fails any more. */
export function participationChecker(isWell: () => boolean, nowMs: () => number): Checker {
  /** By node, since it last signed. */
  const silent = new Map<number, Silence>()
  return {
    onBoot({ index }) {
      silent.delete(index)
    },
    onStep(node, _event, effects) {
      // What it has to say may wait for its disk.
      if (effects.some(({ kind }) => kind === 'sign')) silent.delete(node.index)
      const epoch = node.replica?.epoch
      if (node.isByzantine || node.isObserver || epoch === undefined || epoch.self === null || !isWell()) return
      const views = effects.filter((effect) => effect.kind === 'viewEntered' && effect.by === 'qc').length
      if (views === 0) return
      const before = silent.get(node.index)
      const isSame = before?.epoch === epoch.validators.epoch
      const own = isSame ? before : { epoch: epoch.validators.epoch, sinceMs: nowMs(), views: 0 }
      own.views += views
      silent.set(node.index, own)
      if (own.views > SILENT_VIEWS_MAX && nowMs() - own.sinceMs > SILENT_MS_MAX)
        throw new SimulationFailure('participation', `node ${node.index} follows ${own.views} views and signs nothing`)
    },
  }
}
