/**
 * How far certified blocks may go ahead of final ones (docs/consensus.md, "What is not final yet"). Where
 * somebody withholds its commit votes while another is away, nothing becomes final and certificates still
 * go on: a chain that grew at full speed could be caught up with by nobody, and would never be final.
 */
import type { Hash } from '../types/ids.ts'
import type { CoreState } from './core-state.ts'

/** Blocks above the tip that carry transactions; those behind them carry the commit alone, and take their time. */
const PAYLOAD_BLOCKS_MAX = 8
/** A replica whose tip lags votes for as many more. */
const LAG_BLOCKS_MAX = 8
/** The wait before an empty block doubles with so many. */
const BLOCKS_PER_DOUBLING = 16

/** Blocks from the tip, exclusive, to this one; 0 while some of them are missing. */
function unfinalBlocks({ tree }: CoreState, hash: Hash): number {
  const chain = tree.chainTo(hash)
  return chain.kind === 'connected' ? chain.nodes.length : 0
}

/** Whether a block on the highest certificate may carry transactions. */
export function hasRoomForPayload(state: CoreState): boolean {
  return unfinalBlocks(state, state.highQc.blockHash) < PAYLOAD_BLOCKS_MAX
}

/** Whether a block with transactions gets our vote. */
export function mayCarryPayload(state: CoreState, hash: Hash): boolean {
  return unfinalBlocks(state, hash) <= PAYLOAD_BLOCKS_MAX + LAG_BLOCKS_MAX
}

/** How long the highest certified block may wait for its commit votes before an empty block carries it. */
export function flushDelayMs(state: CoreState): number {
  const beyond = unfinalBlocks(state, state.highQc.blockHash) - PAYLOAD_BLOCKS_MAX
  const doublings = Math.floor(Math.max(0, beyond) / BLOCKS_PER_DOUBLING)
  return Math.min(state.config.parameters.viewTimeoutMsMax, state.pacemaker.commitVotesMs() * 2 ** doublings)
}
