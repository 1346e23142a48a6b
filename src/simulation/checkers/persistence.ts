/**
 * INVARIANT: what is signed was durable before, with the certificates and the block that it rests on, in a record that
 * only grows, whatever a crash or a wrong bit has left of it; a signature that a crash could take back is never made.
 */
import type { SigningRequest } from '../../consensus/effects.ts'
import type { Address, Hash } from '../../types/ids.ts'
import type { SafetyRecord } from '../../types/safety-record.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'
import { requireGrowth } from './monotone-record.ts'

export function persistenceChecker(): Checker {
  /** By key. */
  const known = new Map<Address, SafetyRecord>()
  /** Blocks that each node has put into its journal, in all its lives. */
  const stored = new Map<number, Set<Hash>>()
  return {
    onBoot(node) {
      if (node.isObserver) return
      for (const [key, read] of node.keys.readRecords) {
        const before = known.get(key)
        if (before !== undefined) requireGrowth(node.index, before, read)
      }
    },
    onStep({ index }, _event, effects) {
      for (const effect of effects)
        if (effect.kind === 'storeBlock') stored.set(index, (stored.get(index) ?? new Set()).add(effect.block.hash))
    },
    onSign(node, request, _digest, { address }) {
      if (node.isByzantine) return
      const record = node.keys.durableRecord
      if (record === null || !covers(record, request) || !holdsCertificates(record, request))
        throw new SimulationFailure(
          'signed before durable',
          `node ${node.index}: ${request.kind} of view ${request.view} is not in its signing record on disk`,
        )
      const isForBlock = request.kind === 'vote' || request.kind === 'commit'
      if (isForBlock && stored.get(node.index)?.has(request.blockHash) !== true)
        throw new SimulationFailure(
          'signed before durable',
          `node ${node.index}: it has not stored the block of its ${request.kind} of view ${request.view}`,
        )
      const before = known.get(address)
      if (before !== undefined) requireGrowth(node.index, before, record)
      known.set(address, record)
    },
  }
}

function covers(record: SafetyRecord, request: SigningRequest): boolean {
  const { view } = request
  switch (request.kind) {
    case 'vote':
      return record.lastVotedView > view || record.lastVote?.blockHash === request.blockHash
    case 'commit':
      return (record.lastCommitVote?.view ?? 0) > view || record.lastCommitVote?.blockHash === request.blockHash
    case 'timeout':
      return record.lastTimeoutView > view || record.lastTimeout?.highQc.view === request.highQc.view
    case 'proposal':
      return record.lastProposedView > view || record.lastProposal?.blockHash === request.block.hash
  }
}

/** Without them nobody may have them after a crash of all, and what was promised on them stops everybody. */
function holdsCertificates({ highQc, highTc }: SafetyRecord, { kind, view }: SigningRequest): boolean {
  return kind === 'commit' ? highQc.view >= view : Math.max(highQc.view, highTc?.view ?? 0) >= view - 1
}
