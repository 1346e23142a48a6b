/**
 * INVARIANT: what an honest key signs follows the rules S1 to S4 (docs/consensus.md, "What may be signed"), told by
 * the order of its signatures alone, over all its lives. What it said last it may say again; what its record holds when
 * the node comes up, it has said or may still say.
 */
import { bytesEqual } from '../../base/bytes.ts'
import type { SigningRequest } from '../../consensus/effects.ts'
import { statementDigest } from '../../crypto/digests.ts'
import type { Epoch, Hash, View } from '../../types/ids.ts'
import type { SafetyRecord } from '../../types/safety-record.ts'
import type { Statement } from '../../types/signing-domain.ts'
import type { Checker } from '../checker.ts'
import type { SimulatedNode } from '../simulated-node.ts'
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

export function signingOrderChecker(genesisHash: Hash): Checker {
  /** By node and epoch: the last of each kind. */
  const said = new Map<string, Map<Kind, Said>>()
  const saidBy = ({ index }: SimulatedNode, epoch: Epoch): Map<Kind, Said> => {
    const key = `${index} ${epoch}`
    const last = said.get(key) ?? new Map<Kind, Said>()
    said.set(key, last)
    return last
  }
  return {
    onBoot(node) {
      if (node.isObserver) return
      for (const record of node.keys.readRecords.values()) {
        const last = saidBy(node, record.epoch)
        for (const statement of statementsIn(record)) {
          const { kind, view } = statement
          if (view > (last.get(kind)?.view ?? 0))
            last.set(kind, { view, digest: statementDigest(genesisHash, statement) })
        }
      }
    },
    onSign(node, { kind, epoch, view }, digest) {
      if (node.isByzantine) return
      const last = saidBy(node, epoch)
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

function statementsIn(record: SafetyRecord): readonly Statement[] {
  const { epoch, lastVote, lastCommitVote, lastTimeout, lastProposal } = record
  const statements: Statement[] = []
  if (lastVote !== null) statements.push({ kind: 'vote', epoch, ...lastVote })
  if (lastCommitVote !== null) statements.push({ kind: 'commit', epoch, ...lastCommitVote })
  if (lastProposal !== null) statements.push({ kind: 'proposal', epoch, ...lastProposal })
  if (lastTimeout !== null) {
    const { view, highQc } = lastTimeout
    statements.push({ kind: 'timeout', epoch, view, highQcView: highQc.view })
  }
  return statements
}
