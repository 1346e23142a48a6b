/** What load balancers and people ask before they send anything: is this node worth asking? */
import type { NodeApi } from '../node/node-api.ts'

export interface Readiness {
  readonly ready: boolean
  /** Null when ready. */
  readonly reason: string | null
  readonly height: number
  readonly view: number
  readonly syncing: boolean
  readonly live: boolean
}

/** Ready: it holds the latest final block as far as it knows, and enough validators are reachable to add others. */
export function readinessOf(node: NodeApi): Readiness {
  const { height, view, syncing, live, reason } = node.status()
  const ready = live && !syncing
  return { ready, reason: ready ? null : (reason ?? defaultReason(syncing)), height, view, syncing, live }
}

function defaultReason(syncing: boolean): string {
  return syncing ? 'fetching blocks that other replicas have' : 'too few validators are reachable to commit anything'
}
