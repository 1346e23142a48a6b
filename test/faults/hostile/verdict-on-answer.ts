/**
 * What a body deserves, found without the server's own parser, and whether an answer is that
 * (docs/json-rpc.md, "Errors", and JSON-RPC 2.0).
 */
import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { METHODS } from '../../../src/rpc/methods/all.ts'

const DOCUMENT = fileURLToPath(new URL('../../../docs/json-rpc.md', import.meta.url))
const BODY_BYTES_MAX = 1024 * 1024
const BATCH_MAX = 100
const NESTING_MAX = 16
const ID_LENGTH_MAX = 256
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

interface ErrorField {
  readonly code: number
  readonly message: string
}

/** One answer that is due. Undefined codes: a result, or any documented error. */
interface Due {
  readonly id: string | number | null
  readonly code: number | undefined
  /** Null when it is none of ours. */
  readonly method: string | null
}

export type DueAnswer =
  /** A notification: none. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'one'; readonly due: Due }
  | { readonly kind: 'batch'; readonly due: readonly Due[] }

/** Whether a result is what the method is described to answer; the reason if not. */
export type ResultCheck = (method: string, result: unknown) => string | undefined

/** Codes of the table of errors, as they are documented. */
const DOCUMENTED_CODES: ReadonlySet<number> = documentedCodes(readFileSync(DOCUMENT, 'utf8'))

export function dueFor(body: Buffer): DueAnswer {
  if (body.length > BODY_BYTES_MAX) return refusal(-32600)
  if (!isUtf8(body)) return refusal(-32700)
  const text = body.toString('utf8')
  const value = parsed(text)
  // Brackets without end are refused for their depth before anybody sees that they have no end.
  if (value === undefined) return { kind: 'one', due: { id: null, code: Number.NaN, method: null } }
  if (depthOf(value) > NESTING_MAX || hasForbiddenKey(value) || hasKeyTwice(text, value)) return refusal(-32600)
  if (!Array.isArray(value)) {
    const due = dueForItem(value)
    return due === null ? { kind: 'silence' } : { kind: 'one', due }
  }
  if (value.length === 0 || value.length > BATCH_MAX) return refusal(-32600)
  const due = value.map(dueForItem).filter((each) => each !== null)
  return due.length === 0 ? { kind: 'silence' } : { kind: 'batch', due }
}

/** What is wrong with the answer; undefined when nothing is. Null: there was none. */
export function faultOf(due: DueAnswer, answer: string | null, check: ResultCheck): string | undefined {
  if (answer === null) return due.kind === 'silence' ? undefined : 'no answer'
  const value = parsed(answer)
  if (value === undefined) return 'the answer is not JSON'
  if (due.kind === 'silence') return 'an answer that nobody asked for'
  if (due.kind === 'one') return itemFault(due.due, value, check)
  if (!Array.isArray(value)) return 'a batch is answered by a batch'
  if (value.length !== due.due.length) return `${value.length} answers to ${due.due.length}`
  const faults = due.due.map((each, at) => itemFault(each, value[at], check))
  return faults.find((fault) => fault !== undefined)
}

function refusal(code: number): DueAnswer {
  return { kind: 'one', due: { id: null, code, method: null } }
}

function dueForItem(item: unknown): Due | null {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return { id: null, code: -32600, method: null }
  const { jsonrpc, id, method, params } = item as Readonly<Record<string, unknown>>
  const isRequest = jsonrpc === '2.0' && typeof method === 'string'
  if (id === undefined) return isRequest ? null : { id: null, code: -32600, method: null }
  if (!isId(id)) return { id: null, code: -32600, method: null }
  if (!isRequest) return { id, code: -32600, method: null }
  if (params !== undefined && params !== null && !Array.isArray(params)) return { id, code: -32602, method: null }
  return METHODS.has(method) ? { id, code: undefined, method } : { id, code: -32601, method: null }
}

function isId(id: unknown): id is string | number | null {
  if (typeof id === 'number') return Math.abs(id) <= Number.MAX_SAFE_INTEGER
  return id === null || (typeof id === 'string' && id.length <= ID_LENGTH_MAX)
}

function itemFault({ id, code, method }: Due, answer: unknown, check: ResultCheck): string | undefined {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return 'the answer is no object'
  const { jsonrpc, id: own, result, error, ...more } = answer as Readonly<Record<string, unknown>>
  if (jsonrpc !== '2.0' || Object.keys(more).length > 0) return 'the answer is not JSON-RPC 2.0'
  if (JSON.stringify(own) !== JSON.stringify(id)) return `the id is ${JSON.stringify(own)}, not ${JSON.stringify(id)}`
  if ((result === undefined) === (error === undefined)) return 'the answer needs a result or an error'
  if (error === undefined) {
    if (code !== undefined || method === null) return 'a result where a refusal is due'
    return check(method, result)
  }
  const { code: given, message } = error as ErrorField
  if (typeof message !== 'string' || message === '') return 'an error without a message'
  if (code !== undefined && !Number.isNaN(code)) return given === code ? undefined : `code ${given}, not ${code}`
  if (code !== undefined) return given === -32700 || given === -32600 ? undefined : `code ${given} for a parse error`
  return DOCUMENTED_CODES.has(given) ? undefined : `code ${given} is not documented`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Of objects and arrays inside each other. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function hasForbiddenKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(
    ([key, inner]) => (!Array.isArray(value) && FORBIDDEN_KEYS.has(key)) || hasForbiddenKey(inner),
  )
}

/** JSON.parse drops the first of two: fewer keys are left than the text has colons behind strings. */
function hasKeyTwice(text: string, value: unknown): boolean {
  const colons = text.replace(/"(?:[^"\\]|\\.)*"/gs, '').match(/:/g)?.length ?? 0
  return colons > keysIn(value)
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce((sum: number, inner) => sum + keysIn(inner), own)
}

function documentedCodes(document: string): ReadonlySet<number> {
  const section = /^## Errors$(.*?)^## /ms.exec(document)?.[1] ?? ''
  return new Set([...section.matchAll(/^\| [^|]+ \| (-?\d+) \|/gm)].map(([, code]) => Number(code)))
}
