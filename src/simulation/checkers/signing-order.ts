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
import type { SimulatedNode } from '../host/simulated-node.ts'
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

/** Of one node, by epoch: the last of each kind. */
class Statements {
  readonly #last = new Map<Epoch, Map<Kind, Said>>()

  constructor(entries: Iterable<readonly [Epoch, Map<Kind, Said>]> = []) {
    for (const [epoch, last] of entries) this.#last.set(epoch, new Map(last))
  }

  of(epoch: Epoch): Map<Kind, Said> {
    const last = this.#last.get(epoch) ?? new Map<Kind, Said>()
    this.#last.set(epoch, last)
    return last
  }

  copy(): Statements {
    return new Statements(this.#last)
  }
}

export function signingOrderChecker(genesisHash: Hash): Checker {
  /** By node: what it signed in all its lives. */
  const signed = new Map<number, Statements>()
  /**
   * By node: that, and what its record held when it came up. Not what one held in a life before: where a crash came
   * between the two copies of a write, nothing was signed on it, and it is gone with the copy that has it.
   */
  const said = new Map<number, Statements>()
  const ofNode = (all: Map<number, Statements>, { index }: SimulatedNode): Statements => {
    const statements = all.get(index) ?? new Statements()
    all.set(index, statements)
    return statements
  }
  return {
    onBoot(node) {
      if (node.isObserver) return
      const statements = ofNode(signed, node).copy()
      said.set(node.index, statements)
      for (const record of node.keys.readRecords.values()) {
        const last = statements.of(record.epoch)
        for (const statement of statementsIn(record)) {
          const { kind, view } = statement
          if (view > (last.get(kind)?.view ?? 0))
            last.set(kind, { view, digest: statementDigest(genesisHash, statement) })
        }
      }
    },
    onSign(node, { kind, epoch, view }, digest) {
      if (node.isByzantine) return
      const last = ofNode(said, node).of(epoch)
      const before = last.get(kind)
      const isRepeated = before !== undefined && bytesEqual(before.digest, digest)
      const outlived = BELOW[kind].find((other) => (last.get(other)?.view ?? 0) >= view)
      if (outlived !== undefined && !isRepeated)
        throw new SimulationFailure(
          'signing order',
          `node ${node.index} signs a ${kind} of view ${view} after a ${outlived} of ${last.get(outlived)?.view}`,
        )
      last.set(kind, { view, digest })
      ofNode(signed, node).of(epoch).set(kind, { view, digest })
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
