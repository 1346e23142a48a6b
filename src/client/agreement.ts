/** What several servers answer to one question, as they come to it, and what enough of them say alike. */
import type { Json } from './read-json.ts'
import { VerificationError } from './verification-error.ts'

export type Answer =
  | { readonly url: string; readonly value: unknown }
  | { readonly url: string; readonly error: unknown }

/** One for each server; none rejects. */
export type Asked = readonly Promise<Answer>[]

/**
 * Resolves with an answer as soon as more than `t` say the same, however long the others take. What
 * is no answer of a server, like a connection that fails, counts only when all have been heard. Null: too few agree.
 */
export function firstAlike(asked: Asked, t: number): Promise<Answer | null> {
  const heard: Answer[] = []
  return new Promise((resolve, reject) => {
    const hear = (answer: Answer) => {
      heard.push(answer)
      const words = wording(answer)
      const alike = heard.filter((other) => wording(other) === words)
      if (alike.length > t && isSaid(answer)) resolve(answer)
      else if (heard.length === asked.length)
        resolve([...grouped(heard).values()].find(({ length }) => length > t)?.[0] ?? null)
    }
    for (const answer of asked) answer.then(hear).catch(reject)
  })
}

/** Resolves with the answers of all, or after `patienceMs` of those who have answered, when they are so many. */
export function heardOf(asked: Asked, count: number, patienceMs: number): Promise<readonly Answer[]> {
  const heard: Answer[] = []
  return new Promise((resolve, reject) => {
    let isLate = false
    const settle = () => {
      if (heard.length < asked.length && !(isLate && heard.length >= count)) return
      clearTimeout(timer)
      resolve([...heard])
    }
    const timer = setTimeout(() => {
      isLate = true
      settle()
    }, patienceMs)
    const hear = (answer: Answer) => {
      heard.push(answer)
      settle()
    }
    for (const answer of asked) answer.then(hear).catch(reject)
  })
}

/** Those that claim something else, once all have been heard. Who could not answer did not lie; who was found out did. */
export async function othersThan(words: string, asked: Asked): Promise<readonly Answer[]> {
  const answers = await Promise.all(asked)
  return answers.filter((answer) => ('value' in answer || isLie(answer.error)) && wording(answer) !== words)
}

/** Equal answers have equal words, whatever the order of their fields. */
export function wording(answer: Answer): string {
  if ('error' in answer) return `error ${isLie(answer.error) ? 'of a lie' : String(errorCode(answer.error))}`
  return JSON.stringify(ordered(answer.value))
}

export function grouped(answers: readonly Answer[]): ReadonlyMap<string, readonly Answer[]> {
  const groups = new Map<string, Answer[]>()
  for (const answer of answers) {
    const words = wording(answer)
    groups.set(words, [...(groups.get(words) ?? []), answer])
  }
  return groups
}

function isSaid(answer: Answer): boolean {
  return 'value' in answer || (!isLie(answer.error) && typeof errorCode(answer.error) === 'number')
}

function isLie(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof VerificationError) return true
  }
  return false
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(unsigned(value as Json))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, ordered(item)]),
  )
}

/** Replicas hold different signatures of one and the same block, each a quorum's. */
function unsigned(value: Json): Json {
  const { headers, certificate, ...same } = value
  return certificate === undefined || !Array.isArray(headers) ? value : { ...same, header: headers[0] as unknown }
}

function errorCode(error: unknown): unknown {
  return (error as { readonly code?: unknown } | null)?.code
}
