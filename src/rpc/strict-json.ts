/**
 * JSON from strangers. Over JSON.parse: bounded nesting, no key twice in an object (RFC 8259
 * leaves its meaning open, so two readers may see two requests), and none of the keys that reach
 * into JavaScript's prototypes.
 *
 * One pass over the text does all of it and leaves the grammar to JSON.parse, which runs after it:
 * what the pass makes of text that is not JSON is of no consequence.
 */
import { INVALID_REQUEST, PARSE_ERROR, quote, RpcError } from './errors.ts'

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const SPACE = 0x20

/** @throws RpcError -32700 for what is not JSON, -32600 for JSON that is refused. */
export function parseStrictJson(text: string, nestingMax: number): unknown {
  checkStructure(text, nestingMax)
  try {
    return JSON.parse(text)
  } catch {
    throw new RpcError(PARSE_ERROR, 'parse error: the request is not valid JSON')
  }
}

function checkStructure(text: string, nestingMax: number): void {
  /** The keys seen in each open object; null for an array. */
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = stringEnd(text, at)
      if (isKey(text, end)) addKey(open.at(-1), text.slice(at, end))
      at = end - 1
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      open.push(code === OPEN_BRACE ? new Set() : null)
      if (open.length > nestingMax) throw new RpcError(INVALID_REQUEST, `nested deeper than ${nestingMax}`)
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      open.pop()
    }
  }
}

/** The index behind the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end + 1
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1
  return backslashes % 2 === 1
}

/** In JSON only an object's key is followed by a colon. */
function isKey(text: string, end: number): boolean {
  let at = end
  while (text.charCodeAt(at) <= SPACE) at += 1
  return text.charCodeAt(at) === COLON
}

function addKey(keys: Set<string> | null | undefined, literal: string): void {
  if (keys === null || keys === undefined) return
  const key = literal.includes('\\') ? unescaped(literal) : literal.slice(1, -1)
  if (FORBIDDEN_KEYS.has(key)) throw new RpcError(INVALID_REQUEST, `the key ${quote(key)} is refused`)
  if (keys.has(key)) throw new RpcError(INVALID_REQUEST, `the key ${quote(key)} stands twice`)
  keys.add(key)
}

/** "\u005f_proto__" is a way to write the same key. */
function unescaped(literal: string): string {
  try {
    return String(JSON.parse(literal))
  } catch {
    return literal
  }
}
