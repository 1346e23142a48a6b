/** What an answer of a server says: to the letter, and without what honest servers may differ in. */
import { BaseError, RpcError, RpcRequestError } from 'viem'
import type { Json } from './read-json.ts'
import { VerificationError } from './verification-error.ts'

export type Answer =
  | { readonly url: string; readonly value: unknown }
  | { readonly url: string; readonly error: unknown }

const UNKNOWN_BLOCK = -32001
const BEYOND_HEAD = 'block range extends beyond current head block'

/** Equal answers have equal words, whatever the order of their fields. */
export function wording(answer: Answer): string {
  if ('value' in answer) return `value ${JSON.stringify(ordered(answer.value))}`
  if (isLie(answer.error)) return 'error of a lie'
  const words = wordsOf(answer.error)
  return words === undefined ? 'error of a connection' : `error ${JSON.stringify(ordered(words))}`
}

/** Honest servers refuse alike, but each in the words of its own pool and head; and prove alike, with other signatures. */
export function claim(answer: Answer): string {
  const code = codeOf(answer)
  if (code !== undefined) return `error ${code}`
  return wording('value' in answer ? { ...answer, value: unsigned(answer.value) } : answer)
}

/** Of answers that claim the same in other words: that, and nothing in which one of them might lie. */
export function common(answer: Answer): Answer {
  const { url } = answer
  if ('value' in answer) return { url, value: unsigned(answer.value) }
  const code = codeOf(answer)
  if (code === undefined) return answer
  const shortMessage = `the servers refuse with code ${code}, each in other words`
  return { url, error: new RpcError(new Error(shortMessage), { code, shortMessage }) }
}

/** By a server, and not by what lies between. */
export function isSaid(answer: Answer): boolean {
  return 'value' in answer || codeOf(answer) !== undefined
}

/** Whether the server lacks the newest block yet. */
export function isBehind(answer: Answer): boolean {
  if (codeOf(answer) === UNKNOWN_BLOCK) return true
  return 'error' in answer && answer.error instanceof BaseError && answer.error.details === BEYOND_HEAD
}

export function isLie(error: unknown): boolean {
  return causes(error).some((cause) => cause instanceof VerificationError)
}

/** Of an error that a server gave as one. */
function codeOf(answer: Answer): number | undefined {
  if ('value' in answer || isLie(answer.error)) return undefined
  const { code } = (answer.error ?? {}) as { readonly code?: unknown }
  return typeof code === 'number' ? code : undefined
}

/** What the server sent; of a refusal before it was asked, what the caller got wrong. */
function wordsOf(error: unknown): unknown {
  const sent = causes(error).find((cause) => cause instanceof RpcRequestError)
  if (sent !== undefined) return sent.cause
  return error instanceof RpcError ? { code: error.code as unknown, message: error.details } : undefined
}

function causes(error: unknown): readonly Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : []
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, ordered(item)]),
  )
}

/** Replicas hold different signatures of one and the same block, each a quorum's. */
function unsigned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unsigned)
  if (typeof value !== 'object' || value === null) return value
  const { headers, certificate } = value as Json
  const isProof = certificate !== undefined && Array.isArray(headers)
  const bare: Json = isProof ? { ...value, headers: [headers[0] as unknown], certificate: null } : { ...value }
  return Object.fromEntries(Object.entries(bare).map(([key, item]) => [key, unsigned(item)]))
}
