/** Which stranger goes when there are too many: names cost nothing, so one machine may not keep all others out. */
import type { Connection } from '@libp2p/interface'
import { defined } from '../../base/invariant.ts'

/** Of the host that has most of them, the newest. */
export function surplusOf(connections: readonly Connection[]): Connection {
  const counts = new Map<string, number>()
  const countOf = (connection: Connection): number => counts.get(hostOf(connection)) ?? 0
  for (const connection of connections) counts.set(hostOf(connection), countOf(connection) + 1)
  const [surplus] = connections.toSorted((a, b) => countOf(b) - countOf(a) || b.timeline.open - a.timeline.open)
  return defined(surplus, 'a connection')
}

/** Its address without the port. */
function hostOf({ remoteAddr }: Connection): string {
  return remoteAddr.getComponents()[0]?.value ?? ''
}
