/**
 * The log of a process: one line for each message, for people (text) or for machines (JSON).
 * What peers sent may stand in it, so no message can break a line or move a terminal's cursor.
 */
import type { LogFields, Logger } from '../base/logger.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export const LOG_FORMATS = ['text', 'json'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]
export type LogFormat = (typeof LOG_FORMATS)[number]

export interface LogOptions {
  readonly level: LogLevel
  readonly format: LogFormat
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const PLAIN_VALUE = /^[^\s"=]+$/

/** @param write takes whole lines, each with its line break. */
export function createLogger(options: LogOptions, write: (line: string) => void, fields: LogFields = {}): Logger {
  const threshold = LOG_LEVELS.indexOf(options.level)
  const line = options.format === 'json' ? jsonLine : textLine
  const at = (level: LogLevel) => (message: string, more?: LogFields) => {
    if (LOG_LEVELS.indexOf(level) >= threshold) write(`${line(level, message, { ...fields, ...more })}\n`)
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => createLogger(options, write, { ...fields, ...more }),
  }
}

function textLine(level: LogLevel, message: string, fields: LogFields): string {
  const head = `${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${printable(message)}`
  const named = Object.entries(fields).filter(([, value]) => value !== undefined)
  return [head, ...named.map(([name, value]) => `${name}=${textValue(String(value))}`)].join(' ')
}

function textValue(value: string): string {
  return printable(PLAIN_VALUE.test(value) ? value : JSON.stringify(value))
}

function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
  })
}

function jsonLine(level: LogLevel, message: string, fields: LogFields): string {
  const line = { time: new Date().toISOString(), level, message, ...fields }
  return printable(JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)))
}
