import type { Stream } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { spareWindowUpdates } from '../../../src/network/libp2p/window-updates.ts'

/** What window updates of a Yamux stream hang on. */
class FakeYamuxStream {
  readonly recvWindow = 1_000
  recvWindowCapacity = 1_000
  updates = 0

  receive(bytes: number): void {
    this.recvWindowCapacity -= bytes
    this.sendWindowUpdate()
  }

  sendWindowUpdate(): void {
    this.updates += 1
    this.recvWindowCapacity = this.recvWindow
  }
}

describe('window updates of a direct stream', () => {
  it('are sent once half of the window is used, so that a sender is never left without room', () => {
    const stream = new FakeYamuxStream()
    spareWindowUpdates(stream as unknown as Stream)
    for (let received = 1; received <= 10; received++) {
      stream.receive(100)
      expect(stream.updates).toBe(Math.floor(received / 5))
      expect(stream.recvWindowCapacity).toBeGreaterThan(stream.recvWindow / 2)
    }
  })

  it('are not taken over from a stream of another kind', () => {
    expect(() => spareWindowUpdates({} as Stream)).toThrow(/Yamux/)
  })
})
