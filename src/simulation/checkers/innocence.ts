/**
 * INVARIANT: nothing that an honest node signs in all its lives, through crashes, restores and
 * partitions, is evidence against it, and no honest node ever holds any against another.
 */

import type { SigningRequest } from '../../consensus/effects.ts'
import type { Event } from '../../consensus/events.ts'
import { EvidenceDetector } from '../../consensus/evidence-detector.ts'
import type { Block } from '../../types/block.ts'
import { rootQc } from '../../types/certificate.ts'
import { type Address, ZERO_HASH } from '../../types/ids.ts'
import { ownStatement } from '../../validation/own-statement.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'

/** What is said, not how it is signed, makes evidence. */
const UNSIGNED = new Uint8Array(64)

export function innocenceChecker(guilty: readonly Address[]): Checker {
  /** By node and epoch: each is held against its own words only, all of them. */
  const detectors = new Map<string, EvidenceDetector>()
  return {
    onSign(node, request) {
      if (node.isByzantine) return
      const key = `${node.index} ${request.epoch}`
      const detector = detectors.get(key) ?? new EvidenceDetector(() => node.validator)
      detectors.set(key, detector)
      const [evidence] = detector.observe(eventOf(node.validator, request), request.view)
      if (evidence !== undefined)
        throw new SimulationFailure('innocence', `node ${node.index}: what it signs is ${evidence.kind}`)
    },
    onEvidence(node, { kind, culprit }) {
      if (!guilty.includes(culprit))
        throw new SimulationFailure('innocence', `node ${node.index} holds ${kind} against honest ${culprit}`)
    },
  }
}

function eventOf(signer: number, request: SigningRequest): Event {
  const { epoch, view } = request
  const signed = { epoch, view, signer, signature: UNSIGNED }
  switch (request.kind) {
    case 'vote': {
      const { blockHash, justifyView } = request
      return { kind: 'vote', vote: ownStatement({ ...signed, blockHash, justifyView }) }
    }
    case 'commit':
      return { kind: 'commitVote', vote: ownStatement({ ...signed, blockHash: request.blockHash }) }
    case 'timeout': {
      const { vote } = request
      const timeout = { ...signed, highQcView: request.highQc.view }
      const proposal = request.proposal && { ...request.proposal, block: uncertified(request.proposal.block) }
      const message = { timeout, highQc: rootQc(epoch, ZERO_HASH), tc: null, vote, proposal }
      return { kind: 'timeout', message: ownStatement(message) }
    }
    case 'proposal': {
      const block = uncertified(request.block)
      return { kind: 'proposal', proposal: ownStatement({ block, signature: UNSIGNED }) }
    }
  }
}

/** Certificates are the words of others. */
function uncertified(block: Block): Block {
  return { ...block, justify: rootQc(block.header.consensus.epoch, ZERO_HASH), tc: null }
}
