/**
 * Gives room in a stream's receive window back when half of it is used, as the first
 * implementation does (hashicorp/yamux). The JavaScript one does so after each chunk: under load
 * half of a validator's writes were such updates, an encrypted frame and a system call each.
 */
import type { Stream } from '@libp2p/interface'
import { invariant } from '../../base/invariant.ts'

/** Of a Yamux stream, in bytes; its types keep them private, and there is no option. */
interface ReceiveWindow {
  readonly recvWindow: number
  /** What the peer may still send. */
  readonly recvWindowCapacity: number
  sendWindowUpdate: () => void
}

export function spareWindowUpdates(stream: Stream): void {
  invariant(hasReceiveWindow(stream), 'a stream is one of Yamux')
  const sendWindowUpdate = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    if (2 * stream.recvWindowCapacity <= stream.recvWindow) sendWindowUpdate()
  }
}

function hasReceiveWindow(stream: Stream | (Stream & ReceiveWindow)): stream is Stream & ReceiveWindow {
  return 'recvWindow' in stream && 'recvWindowCapacity' in stream && 'sendWindowUpdate' in stream
}
