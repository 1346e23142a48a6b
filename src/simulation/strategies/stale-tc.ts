/** Proposes with a TC of an earlier view than the one before; or once more in such a view, on a QC of later ones. */
import type { TimeoutCertificate } from '../../types/certificate.ts'
import type { View } from '../../types/ids.ts'
import { resealed } from '../forge-block.ts'
import { messageStrategy } from '../strategy.ts'

/** TCs remembered, of one epoch. */
const KNOWN_MAX = 16

export const staleTc = messageStrategy((liar) => {
  const known = new Map<View, TimeoutCertificate>()
  return (message) => {
    const core = liar.node.replica?.core
    const highTc = core?.highTc ?? null
    if (highTc !== null) known.set(highTc.view, highTc)
    if (known.size > KNOWN_MAX) for (const oldest of [...known.keys()].slice(0, -KNOWN_MAX)) known.delete(oldest)
    if (message.kind !== 'proposal' || core === undefined) return [message]
    const { block } = message.proposal
    const { justify } = block
    const { epoch, view } = block.header.consensus
    const older = [...known.values()].filter((tc) => tc.epoch === epoch && tc.view < view - 1)
    const led = older.find((tc) => core.leaderOf(tc.view + 1) === liar.self && tc.view < justify.view)
    const tc = older.findLast(({ highQc }) => highQc.view <= justify.view)
    if (tc === undefined) return [message]
    const stale = resealed(liar, block, { view, justify, tc })
    if (led === undefined) return [{ kind: 'proposal', proposal: stale }]
    const late = resealed(liar, block, { view: led.view + 1, justify, tc: led })
    return [
      { kind: 'proposal', proposal: late },
      { kind: 'proposal', proposal: stale },
    ]
  }
})
