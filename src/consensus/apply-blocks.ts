/** What certificates ask of blocks: fetch what is missing, execute what is connected, commit what is final. */
import { defined, invariant } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Block } from '../types/block.ts'
import type { Hash, View } from '../types/ids.ts'
import { signersOf } from '../types/signer-bitmap.ts'
import { UNFINAL_BLOCKS_MAX } from './block-tree.ts'
import type { CoreState, PendingCommit } from './core-state.ts'
import { halt } from './core-state.ts'

/** BOUND: how far above the tip blocks are fetched one from another when ranges can bring those that are final. */
const FETCHED_BLOCKS_MAX = 64

export function applyBlocks(state: CoreState): void {
  commitPending(state)
  if (state.halted || state.ended) return
  const { pendingCommit, highQc, proposals, pacemaker } = state
  if (pendingCommit !== null) advance(state, pendingCommit.hash, pendingCommit.certificate)
  if (highQc.view > state.tree.tip.view) advance(state, highQc.blockHash, highQc)
  const proposal = proposals.get(pacemaker.view)
  if (proposal !== undefined) advance(state, proposal.block.hash, proposal.block.justify)
  askForQcBelowCommit(state)
}

/** Exactly once and oldest first: the tip moves only here. */
function commitPending(state: CoreState): void {
  const pending = state.pendingCommit
  if (pending === null) return
  const { certificate, hash } = pending
  if (certificate.view <= state.tree.tip.view) {
    state.pendingCommit = null
    return
  }
  const chain = state.tree.chainTo(hash)
  if (chain.kind === 'conflicting') {
    halt(state, `final block ${hash} does not extend the committed tip ${state.tree.tip.hash}`, [
      certificate,
      state.highCommit,
    ])
    return
  }
  if (chain.kind === 'missing') return
  if (chain.nodes.length === 0) {
    halt(state, `block ${hash} is certified as final in two views`, [certificate, state.highCommit])
    return
  }
  const invalid = chain.nodes.find((node) => node.state === 'invalid')
  if (invalid !== undefined) {
    halt(state, `block ${invalid.block.hash} is final, but our own execution refuses it`, [certificate], invalid.block)
    return
  }
  if (chain.nodes.some((node) => node.state !== 'executed')) return
  commit(
    state,
    pending,
    chain.nodes.map((node) => node.block),
  )
  if (!state.ended) commitPending(state)
}

/** `chain`: from the tip, exclusive, to what the certificate is for; of its SUFFIX blocks only the proof keeps the headers. */
function commit(state: CoreState, { certificate, suffix }: PendingCommit, chain: readonly Block[]): void {
  const end = chain.findIndex((block) => block.header.consensus.end)
  const blocks = end < 0 ? chain : chain.slice(0, end + 1)
  const behind = chain.slice(blocks.length).map((block) => block.header)
  const last = defined(blocks.at(-1), 'a committed block')
  invariant(defined(blocks[0], 'a committed block').header.height === state.tree.tip.height + 1, 'heights are gapless')
  state.effects.push({ kind: 'commit', blocks, finality: { certificate, suffix: suffix.length > 0 ? suffix : behind } })
  state.tree.commit(last.hash)
  state.tipCertificate = certificate
  if (end >= 0) {
    endEpoch(state)
    return
  }
  for (const block of blocks) state.committedViews.set(block.header.consensus.view, block.hash)
  for (const view of [...state.certified.keys()]) if (view <= certificate.view) state.certified.delete(view)
  const { highCommit } = state
  const isHigher = highCommit !== null && highCommit.view > certificate.view
  state.pendingCommit = isHigher ? { hash: highCommit.blockHash, certificate: highCommit, suffix: [] } : null
  state.flushSinceMs = null
  state.beatDue = false
  armHeartbeat(state)
}

/** INVARIANT E1: once the last block of an epoch is final here, nothing of this epoch is signed any more. */
function endEpoch(state: CoreState): void {
  state.pendingCommit = null
  state.effects.push({ kind: 'epochEnded' })
  state.ended = !(__CANARIES__ && isPlanted('signs-after-the-end'))
}

export function armHeartbeat(state: CoreState): void {
  const { heartbeatMs } = state.config.parameters
  if (heartbeatMs === 0) return
  state.timers.add('heartbeat')
  state.effects.push({ kind: 'setTimer', timer: 'heartbeat', atMs: state.nowMs + heartbeatMs })
}

/** `certificate` names who holds the block: its signers stored it before they signed. */
function advance(
  state: CoreState,
  hash: Hash,
  certificate: { readonly view: View; readonly bitmap: Uint8Array },
): void {
  const chain = state.tree.chainTo(hash)
  if (chain.kind === 'conflicting') return
  if (chain.kind === 'missing') {
    if (isFar(state, chain.child) || state.fetching.has(chain.hash)) return
    const holder = chain.child?.justify ?? certificate
    state.fetching.set(chain.hash, holder.view)
    state.effects.push({ kind: 'fetch', hash: chain.hash, view: holder.view, signers: signersOf(holder.bitmap) })
    return
  }
  const next = chain.nodes.find((node) => node.state !== 'executed')
  if (next?.state !== 'known') return
  next.state = 'executing'
  state.effects.push({ kind: 'execute', block: next.block })
}

/** Whether the ancestors of this block are left to range sync, which has nothing for us while nothing higher is final. */
function isFar({ tree, highCommit }: CoreState, child: Block | null): boolean {
  const isFinalAbove = highCommit !== null && highCommit.view > tree.tip.view
  const reach = isFinalAbove ? FETCHED_BLOCKS_MAX : UNFINAL_BLOCKS_MAX
  return child !== null && child.header.height > tree.tip.height + reach
}

/** A CommitQC proves that a QC of its view exists; whoever signed it can tell us. */
function askForQcBelowCommit(state: CoreState): void {
  const { highCommit, highQc, pacemaker } = state
  if (highCommit === null || highCommit.view <= highQc.view) return
  if (state.certificatesRequestedInView >= pacemaker.view) return
  state.certificatesRequestedInView = pacemaker.view
  state.effects.push({ kind: 'requestCertificates', from: signersOf(highCommit.bitmap) })
}
