/** Frames of the multiplexer by hand, from a peer that keeps to nothing: what they say is bounded before anything is held for it. */
import type { Connection, MessageStream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startLibp2pNode } from './libp2p-world.ts'

const SOON = { timeout: 60_000, interval: 20 }
const DATA = 0
const WINDOW_UPDATE = 1
const PING = 2
const SYN = 1
const RST = 8
/** A stream of the side that has dialled. */
const STREAM = 1_001

describe('hostile frames', () => {
  const cleanups: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  /** The attacker's end of a connection, below its streams, and why the victim has ended it. */
  async function attack(): Promise<{ wire: MessageStream; reasons: (string | undefined)[] }> {
    const victim = await startLibp2pNode()
    cleanups.push(() => victim.stop())
    const reasons: (string | undefined)[] = []
    const opened = vi.fn((connection: Connection) =>
      connection.addEventListener('close', ({ error }) => reasons.push(error?.message)),
    )
    victim.addEventListener('connection:open', ({ detail }) => opened(detail))
    const node = await createLibp2p({
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
    })
    cleanups.push(() => node.stop())
    const connection = await node.dial(victim.getMultiaddrs())
    await vi.waitFor(() => expect(opened).toHaveBeenCalled(), SOON)
    const { muxer } = connection as unknown as { muxer: { maConn: MessageStream; handlePing: () => void } }
    // It would take offence at answers that it has not asked for itself.
    muxer.handlePing = () => undefined
    return { wire: muxer.maConn, reasons }
  }

  it('that declare more than a stream may carry end the connection before it has come', async () => {
    const { wire, reasons } = await attack()
    wire.send(header(WINDOW_UPDATE, SYN, STREAM, 0))
    wire.send(header(DATA, 0, STREAM, 0xffff_ffff))
    for (let sent = 0; sent < 5; sent++) wire.send(new Uint8Array(64 * 1024))
    await vi.waitFor(() => expect(reasons).toEqual([expect.stringMatching('more than a stream may carry')]), SOON)
  })

  it('that ask for an answer each end the connection when they are too many', async () => {
    const { wire, reasons } = await attack()
    for (let id = 0; id < 2_000; id++) wire.send(header(PING, SYN, 0, id))
    await vi.waitFor(() => expect(reasons).toEqual([expect.stringMatching('have to be answered')]), SOON)
  })

  it('that begin streams and reset them end the connection when they are too many', async () => {
    const { wire, reasons } = await attack()
    for (let stream = STREAM; stream < STREAM + 2_000; stream += 2) {
      wire.send(header(WINDOW_UPDATE, SYN, stream, 0))
      wire.send(header(WINDOW_UPDATE, RST, stream, 0))
    }
    await vi.waitFor(() => expect(reasons).toEqual([expect.stringMatching('have to be answered')]), SOON)
  })
})

function header(type: number, flag: number, stream: number, length: number): Uint8Array {
  const bytes = new Uint8Array(12)
  const view = new DataView(bytes.buffer)
  view.setUint8(1, type)
  view.setUint16(2, flag)
  view.setUint32(4, stream)
  view.setUint32(8, length)
  return bytes
}
