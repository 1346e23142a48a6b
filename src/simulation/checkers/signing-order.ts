/**
 * INVARIANT: what an honest key signs follows the rules S1 to S4 (docs/consensus.md, "What may be signed"), told by
 * the order of its signatures alone, over all its lives. What it said last it may say again.
 */
import { bytesEqual } from '../../base/bytes.ts'
import type { SigningRequest } from '../../consensus/effects.ts'
import type { View } from '../../types/ids.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'

type Kind = SigningRequest['kind']

interface Said {
  readonly view: View
  readonly digest: Uint8Array
}

/** Kinds of statement whose last view must be below that of the next of this kind. */
const BELOW: Readonly<Record<Kind, readonly Kind[]>> = {
  vote: ['vote', 'timeout'],
  commit: ['commit', 'timeout'],
  timeout: ['timeout'],
  proposal: ['proposal', 'vote', 'timeout'],
}

export function signingOrderChecker(): Checker {
  /** By node and epoch: the last of each kind. */
  const said = new Map<string, Map<Kind, Said>>()
  return {
    onSign(node, { kind, epoch, view }, digest) {
      if (node.isByzantine) return
      const key = `${node.index} ${epoch}`
      const last = said.get(key) ?? new Map<Kind, Said>()
      said.set(key, last)
      const before = last.get(kind)
      if (before !== undefined && bytesEqual(before.digest, digest)) return
      const outlived = BELOW[kind].find((other) => (last.get(other)?.view ?? 0) >= view)
      if (outlived !== undefined)
        throw new SimulationFailure(
          'signing order',
          `node ${node.index} signs a ${kind} of view ${view} after a ${outlived} of ${last.get(outlived)?.view}`,
        )
      last.set(kind, { view, digest })
    },
  }
}
