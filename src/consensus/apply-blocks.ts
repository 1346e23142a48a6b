/** What certificates ask of blocks: fetch what is missing, execute what is connected, commit what is final. */
import { defined, invariant } from '../base/invariant.ts'
import type { Hash, View } from '../types/ids.ts'
import { signersOf } from '../types/signer-bitmap.ts'
import type { CoreState } from './core-state.ts'
import { halt } from './core-state.ts'

/** BOUND: how far above the tip blocks are fetched one from another; a wider gap is left to range sync. */
const FETCHED_BLOCKS_MAX = 64

export function applyBlocks(state: CoreState): void {
  commitPending(state)
  const { pendingCommit, highQc, proposals, pacemaker } = state
  if (pendingCommit !== null) advance(state, pendingCommit.blockHash, pendingCommit)
  if (highQc.view > state.tree.tip.view) advance(state, highQc.blockHash, highQc)
  const proposal = proposals.get(pacemaker.view)
  if (proposal !== undefined) advance(state, proposal.block.hash, proposal.block.justify)
  askForQcBelowCommit(state)
}

/** Exactly once and oldest first: the tip moves only here. */
function commitPending(state: CoreState): void {
  const certificate = state.pendingCommit
  if (certificate === null) return
  if (certificate.view <= state.tree.tip.view) {
    state.pendingCommit = null
    return
  }
  const chain = state.tree.chainTo(certificate.blockHash)
  if (chain.kind === 'conflicting') {
    halt(state, `final block ${certificate.blockHash} does not extend the committed tip ${state.tree.tip.hash}`, [
      certificate,
      state.highCommit,
    ])
    return
  }
  if (chain.kind === 'missing') return
  if (chain.nodes.length === 0) {
    halt(state, `block ${certificate.blockHash} is certified as final in two views`, [certificate, state.highCommit])
    return
  }
  const invalid = chain.nodes.find((node) => node.state === 'invalid')
  if (invalid !== undefined) {
    halt(state, `block ${invalid.block.hash} is final, but our own execution refuses it`, [certificate])
    return
  }
  if (chain.nodes.some((node) => node.state !== 'executed')) return
  const blocks = chain.nodes.map((node) => node.block)
  invariant(defined(blocks[0], 'a committed block').header.height === state.tree.tip.height + 1, 'heights are gapless')
  state.effects.push({ kind: 'commit', blocks, certificate })
  state.tree.commit(certificate.blockHash)
  state.tipCertificate = certificate
  for (const block of blocks) state.committedViews.set(block.header.consensus.view, block.hash)
  for (const view of [...state.certified.keys()]) if (view <= certificate.view) state.certified.delete(view)
  const { highCommit } = state
  state.pendingCommit = highCommit !== null && highCommit.view > certificate.view ? highCommit : null
  state.flushSinceMs = null
  state.beatDue = false
  armHeartbeat(state)
  commitPending(state)
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
    const isFar = chain.child !== null && chain.child.header.height > state.tree.tip.height + FETCHED_BLOCKS_MAX
    if (isFar || state.fetching.has(chain.hash)) return
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

/** A CommitQC proves that a QC of its view exists; whoever signed it can tell us. */
function askForQcBelowCommit(state: CoreState): void {
  const { highCommit, highQc, pacemaker } = state
  if (highCommit === null || highCommit.view <= highQc.view) return
  if (state.certificatesRequestedInView >= pacemaker.view) return
  state.certificatesRequestedInView = pacemaker.view
  state.effects.push({ kind: 'requestCertificates', from: signersOf(highCommit.bitmap) })
}
