import { expect, test } from 'vitest'
import type { PeerId } from '../../../src/network/port.ts'
import { AnswerRate } from '../../../src/replica/answer-rate.ts'

test('a peer gets one answer in the time, whatever it asks, and what one peer asks holds up no other', () => {
  let nowMs = 0
  const rate = new AnswerRate(200, () => nowMs)
  const [first, second] = ['first' as PeerId, 'second' as PeerId]
  expect(rate.take(first)).toBe(true)
  nowMs = 199
  expect([rate.take(first), rate.take(second)]).toEqual([false, true])
  // A refusal is no answer: it does not begin the time anew.
  nowMs = 200
  expect([rate.take(first), rate.take(second)]).toEqual([true, false])
})
