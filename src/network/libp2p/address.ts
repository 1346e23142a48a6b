import { multiaddr } from '@multiformats/multiaddr'

/** Whether libp2p can read it. Its form says nothing of whether anybody is there. */
export function isMultiaddr(text: string): boolean {
  try {
    multiaddr(text)
    return true
  } catch {
    return false
  }
}
