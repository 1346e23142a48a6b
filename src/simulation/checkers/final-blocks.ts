/**
 * INVARIANT: a final block is one that a correct replica may vote for, judged anew from the block
 * itself: its leader, the views and certificates that it stands on, its time, its body and receipts.
 */
import { encodeReceipt } from '../../ledger/receipt-codec.ts'
import { orderedTrieRoot } from '../../trie/ordered-root.ts'
import type { Block } from '../../types/block.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import { type Hash, hashFromBytes } from '../../types/ids.ts'
import type { Checker } from '../checker.ts'
import type { EpochBook } from '../epoch-book.ts'
import type { SimulatedNode } from '../host/simulated-node.ts'
import type { Scenario } from '../scenario.ts'
import type { SimulatedGenesis } from '../simulated-genesis.ts'
import { WALL_ORIGIN_MS } from '../simulated-genesis.ts'
import { SimulationFailure } from '../simulation-failure.ts'
import { justificationFault } from './justification-fault.ts'

/** A clock drifts for no longer than a run takes. */
const DRIFTING_MS_MAX = 120_000

export class FinalBlockChecker implements Checker {
  readonly #epochs: EpochBook
  /** How far ahead of true time a correct clock may be. */
  readonly #aheadMs: number
  readonly #transactions = new Set<Hash>()
  #height = 0
  #timeMs = 0
  /** Set by the world that it watches. */
  nowMs: () => number = () => Number.POSITIVE_INFINITY

  constructor(scenario: Scenario, genesis: SimulatedGenesis, epochs: EpochBook) {
    this.#epochs = epochs
    const offsets = scenario.faults.flatMap((fault) =>
      fault.kind === 'clock' ? [fault.offsetMs + (fault.driftPpm * DRIFTING_MS_MAX) / 1e6] : [],
    )
    this.#aheadMs = Math.max(0, ...offsets) + genesis.genesis.consensus.clockDriftMsMax
  }

  onFinal(node: SimulatedNode, final: FinalBlock): void {
    const { header } = final.block
    if (node.isByzantine || header.height !== this.#height + 1) return
    this.#height = header.height
    const fault = this.#faultOf(final)
    if (fault !== null) throw new SimulationFailure('invalid block', `final block ${header.height} ${fault}`)
    this.#timeMs = header.consensus.timeMs
  }

  #leadershipFault({ header }: Block): string | null {
    const { epoch, view } = header.consensus
    const schedule = this.#epochs.scheduleOf(epoch)
    const leader = this.#epochs.validatorsOf(epoch).at(schedule[view % schedule.length] ?? -1)?.address
    return header.miner === leader ? null : `is by ${header.miner}, but ${leader} leads view ${view}`
  }

  #faultOf({ block, transactions, receipts }: FinalBlock): string | null {
    const { header } = block
    const { timeMs } = header.consensus
    if (timeMs <= this.#timeMs) return 'is not later than its parent'
    if (timeMs > WALL_ORIGIN_MS + this.nowMs() + this.#aheadMs) return `is of the future: ${timeMs}`
    for (const { hash } of transactions) {
      if (this.#transactions.has(hash)) return `holds ${hash}, which is final already`
      this.#transactions.add(hash)
    }
    if (header.transactionsRoot !== rootOf(block.transactions)) return 'has another body than it names'
    if (header.receiptsRoot !== rootOf(receipts.map(encodeReceipt))) return 'has other receipts than it names'
    if (header.gasUsed !== (receipts.at(-1)?.cumulativeGasUsed ?? 0)) return 'has used other gas than it names'
    return this.#leadershipFault(block) ?? justificationFault(block)
  }
}

function rootOf(values: readonly Uint8Array[]): Hash {
  return hashFromBytes(orderedTrieRoot(values))
}
