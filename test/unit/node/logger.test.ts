import { expect, it } from 'vitest'
import { createLogger, type LogOptions } from '../../../src/node/logger.ts'

function linesOf(options: LogOptions, use: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = []
  use(createLogger(options, (line) => lines.push(line)))
  return lines
}

it('writes fields of a child and of the line after the message', () => {
  const [line] = linesOf({ level: 'info', format: 'text' }, (logger) =>
    logger.child({ node: 3 }).warn('slow', { reason: 'disk is full', height: 7n, absent: undefined }),
  )
  expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}slow node=3 reason="disk is full" height=7\n$/)
})

it('leaves out what is below its level', () => {
  const lines = linesOf({ level: 'warn', format: 'text' }, (logger) => {
    logger.debug('a')
    logger.info('b')
    logger.warn('c')
    logger.error('d')
  })
  expect(lines.map((line) => line.slice(-2, -1))).toEqual(['c', 'd'])
})

it.each(['text', 'json'] as const)('lets nothing from outside break a line of %s or reach the terminal', (format) => {
  const [line] = linesOf({ level: 'info', format }, (logger) =>
    logger.info('hello\nworld\u001b[31m', { peer: 'x\r\ny\u2028z' }),
  )
  expect(line?.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
})

it('writes JSON that gives the fields back', () => {
  const [line = ''] = linesOf({ level: 'info', format: 'json' }, (logger) => logger.info('x', { a: 1, b: 2n, c: null }))
  expect(JSON.parse(line)).toMatchObject({ level: 'info', message: 'x', a: 1, b: '2', c: null })
})
