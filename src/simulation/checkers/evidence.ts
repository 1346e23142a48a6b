/**
 * INVARIANT: whoever contradicts itself before an honest node is proven guilty there, at once and
 * once. Provable is what comes directly; what comes in certificates is left to the detector's tests.
 */
import { defined } from '../../base/invariant.ts'
import type { Event } from '../../consensus/events.ts'
import { systemWordsIn } from '../../ledger/system/state-records.ts'
import { readValidatorRecord } from '../../ledger/system/validator-records.ts'
import type { Address, Epoch, Hash, View } from '../../types/ids.ts'
import type { Checker } from '../checker.ts'
import type { EpochBook } from '../epoch-book.ts'
import type { SimulatedNode } from '../host/simulated-node.ts'
import { SimulationFailure } from '../simulation-failure.ts'

/** What one node has heard and found in this life. */
interface Memory {
  readonly said: Map<string, string>
  readonly culprits: Set<Address>
  readonly held: Set<Hash>
}

interface Said {
  readonly signer: number
  readonly epoch: Epoch
  readonly view: View
  readonly what: string
}

/** Closer to the current view than anything is forgotten or left out. */
const VIEWS_NEAR = 6

export function evidenceChecker(epochs: EpochBook): Checker {
  const memories = new Map<number, Memory>()
  const memoryOf = (index: number): Memory => {
    const memory = memories.get(index) ?? { said: new Map(), culprits: new Set(), held: new Set() }
    memories.set(index, memory)
    return memory
  }
  return {
    onBoot: (node) => memories.delete(node.index),
    onEvidence(node, { id, kind, culprit }) {
      const { culprits, held } = memoryOf(node.index)
      if (held.has(id)) throw new SimulationFailure('evidence', `node ${node.index} takes the same ${kind} twice`)
      held.add(id)
      culprits.add(culprit)
    },
    onStep(node, event) {
      const said = saidIn(event)
      const view = node.replica?.core.view ?? 0
      if (node.isByzantine || said === null || Math.abs(said.view - view) > VIEWS_NEAR) return
      const { said: before, culprits } = memoryOf(node.index)
      const key = `${event.kind} ${said.signer} ${said.epoch} ${said.view}`
      const first = before.get(key)
      if (first === undefined) before.set(key, said.what)
      else if (
        first !== said.what &&
        !culprits.has(signerOf(epochs, said)) &&
        !isPunished(node, signerOf(epochs, said))
      )
        throw new SimulationFailure('evidence', `node ${node.index} misses a contradiction: ${key}`)
    },
  }
}

/** Nothing more can come of proof against it, so none is taken: its memory of what it held ends with a life, the state does not. */
function isPunished(node: SimulatedNode, signer: Address): boolean {
  const state = node.replica?.finalState
  const record = state && readValidatorRecord(systemWordsIn(state), signer)
  return record?.jailed === true
}

function signerOf(epochs: EpochBook, { epoch, signer }: Said): Address {
  return defined(epochs.validatorsOf(epoch).at(signer), 'a signer').address
}

function saidIn(event: Event): Said | null {
  if (event.kind === 'vote') {
    const { signer, epoch, view, blockHash, justifyView } = event.vote
    return { signer, epoch, view, what: `${blockHash} ${justifyView}` }
  }
  if (event.kind === 'commitVote') return { ...event.vote, what: event.vote.blockHash }
  if (event.kind !== 'timeout') return null
  const { timeout } = event.message
  return { ...timeout, what: String(timeout.highQcView) }
}
