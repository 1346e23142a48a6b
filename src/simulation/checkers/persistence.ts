/** INVARIANT: what is signed was durable before, in a record that only grows, whatever a crash or a wrong bit has left of it; a signature that a crash could take back is never made. */
import type { SigningRequest } from '../../consensus/effects.ts'
import type { SafetyRecord } from '../../types/safety-record.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'
import { requireGrowth } from './monotone-record.ts'

export function persistenceChecker(): Checker {
  const known = new Map<number, SafetyRecord>()
  return {
    onBoot(node) {
      const [before, read] = [known.get(node.index), node.readRecord]
      if (before !== undefined && read !== null) requireGrowth(node.index, before, read)
    },
    onSign(node, request) {
      if (node.isByzantine) return
      const record = node.durableRecord
      if (record === null || !covers(record, request))
        throw new SimulationFailure(
          'signed before durable',
          `node ${node.index}: ${request.kind} of view ${request.view} is not in its signing record on disk`,
        )
      const before = known.get(node.index)
      if (before !== undefined) requireGrowth(node.index, before, record)
      known.set(node.index, record)
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
