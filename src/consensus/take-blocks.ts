/** Proposals and fetched blocks enter the tree; the view of a leader that proposes twice is given up. */
import { isPlanted } from '../base/planted-bug.ts'
import type { Block, Proposal } from '../types/block.ts'
import { type Verified, verifiedPart } from '../types/verified.ts'
import { type CoreState, halt } from './core-state.ts'
import { takeQc, takeTc } from './take-certificates.ts'

/** Later than that only what is known to be wanted is taken: a liar that led many views could send without end. */
const LATE_VIEWS_MAX = 8

export function takeProposal(state: CoreState, proposal: Verified<Proposal>): void {
  const block = verifiedPart(proposal, proposal.block)
  const { view } = block.header.consensus
  takeQc(state, verifiedPart(block, block.justify))
  if (block.tc !== null) takeTc(state, verifiedPart(block, block.tc))
  const leader = state.pacemaker.leader(view)
  const first = __CANARIES__ && isPlanted('vote-twice') ? undefined : state.proposals.get(view)
  if (first === undefined) {
    const { tip } = state.tree
    if (view <= tip.view || block.header.height <= tip.height) return
    const isLongPast = view < state.pacemaker.view - LATE_VIEWS_MAX
    if (isLongPast && !isWanted(state, block)) return
    state.pacemaker.heardFromLeader(leader)
    if (!isLongPast) state.proposals.set(view, proposal)
    addBlock(state, block)
  } else if (first.block.hash !== block.hash && view === state.pacemaker.view) state.giveUp = 'equivocation'
}

/** A certificate is for it, or for one of its descendants. */
function isWanted({ certified, fetching, pendingCommit }: CoreState, { hash, header }: Block): boolean {
  const isCertified = certified.get(header.consensus.view)?.blockHash === hash
  return isCertified || fetching.has(hash) || pendingCommit?.hash === hash
}

/** Oldest first, each anchored in a certificate through its descendants. */
export function takeBlocks(state: CoreState, blocks: readonly Verified<Block>[]): void {
  for (const block of blocks) addBlock(state, block)
}

export function takeExecution(state: CoreState, hash: Block['hash'], valid: boolean, reason: string): void {
  const node = state.tree.get(hash)
  if (node === undefined) return
  node.state = valid ? 'executed' : 'invalid'
  if (valid) return
  const qc = state.certified.get(node.block.header.consensus.view)
  if (qc?.blockHash === hash)
    halt(state, `a quorum certified block ${hash}, which our own execution refuses: ${reason}`, [qc], node.block)
  else if (node.block.header.consensus.view === state.pacemaker.view) state.giveUp = 'invalid proposal'
}

function addBlock(state: CoreState, block: Verified<Block>): void {
  state.fetching.delete(block.hash)
  if (!state.tree.add(block)) {
    checkBesideTip(state, block)
    return
  }
  state.effects.push({ kind: 'storeBlock', block })
  state.tree.evict([state.highQc.blockHash, state.pendingCommit?.hash ?? state.highQc.blockHash, block.hash])
}

/** A block at or below the final height is no news, unless a certificate of a later view is for it. */
function checkBesideTip(state: CoreState, block: Block): void {
  const { tree, pendingCommit, highQc } = state
  if (tree.has(block.hash)) return
  const certificate = [pendingCommit?.certificate, highQc].find((held) => held?.blockHash === block.hash)
  if (certificate !== undefined && certificate.view > tree.tip.view)
    halt(state, `block ${block.hash} is certified but does not extend the committed tip ${tree.tip.hash}`, [
      certificate,
      state.highCommit,
    ])
}
