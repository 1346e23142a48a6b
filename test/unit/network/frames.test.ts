import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrames, FrameReader } from '../../../src/network/libp2p/frames.ts'

const BOUND = 100

function read(chunks: readonly Uint8Array[]): { frames: Uint8Array[]; outcome: string } {
  const frames: Uint8Array[] = []
  const reader = new FrameReader(BOUND, (frame) => frames.push(frame))
  for (const chunk of chunks) if (reader.push(chunk) === 'too-large') return { frames, outcome: 'too-large' }
  return { frames, outcome: 'ok' }
}

describe('frames', () => {
  it('come out as they went in, wherever the stream is cut', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: BOUND }), { maxLength: 12 })
    fc.assert(
      fc.property(payloads, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (frames, cuts) => {
        let rest = encodeFrames(frames)
        const chunks: Uint8Array[] = []
        for (const length of cuts) {
          if (rest.length === 0) break
          chunks.push(rest.subarray(0, length))
          rest = rest.subarray(length)
        }
        expect(read(chunks)).toEqual({ frames, outcome: 'ok' })
      }),
    )
  })

  it('declared one byte beyond the bound are refused from the header alone, at the bound they pass', () => {
    expect(read([new Uint8Array([0, 0, 0, BOUND + 1])]).outcome).toBe('too-large')
    expect(read([new Uint8Array([255, 255, 255, 255])]).outcome).toBe('too-large')
    expect(read([encodeFrames([new Uint8Array(BOUND)])]).frames.length).toBe(1)
  })

  it('handed out do not change when the chunk they came in is overwritten', () => {
    const chunk = Buffer.from(encodeFrames([new Uint8Array([1, 2, 3])]))
    const { frames } = read([chunk])
    chunk.fill(9)
    expect(frames).toEqual([new Uint8Array([1, 2, 3])])
  })
})
