/** What several servers answer to one question, as they come to it, and what enough of them say alike. */
import { type Answer, claim, common, isLie, isSaid, wording } from './wording.ts'

/** One for each server; none rejects. */
export type Asked = readonly Promise<Answer>[]

/**
 * Resolves with an answer as soon as more than `t` say the same, however long the others take. Where they only
 * claim the same, in other words, they are given `patienceMs`, and of their words none is taken. What is no answer
 * of a server, like a connection that fails, counts only when all have been heard. Null: too few agree.
 */
export function firstAlike(asked: Asked, t: number, patienceMs: number): Promise<Answer | null> {
  const heard: Answer[] = []
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const settle = (answer: Answer | null) => {
      clearTimeout(timer)
      resolve(answer)
    }
    const hear = (answer: Answer) => {
      heard.push(answer)
      const isCommon = (say: (answer: Answer) => string): boolean =>
        isSaid(answer) && heard.filter((other) => say(other) === say(answer)).length > t
      if (isCommon(wording)) settle(answer)
      else if (heard.length === asked.length) settle(commonOf(heard, t))
      else if (isCommon(claim)) timer ??= setTimeout(() => settle(common(answer)), patienceMs)
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
export async function othersThan(alike: Answer, asked: Asked): Promise<readonly Answer[]> {
  const answers = await Promise.all(asked)
  return answers.filter((answer) => ('value' in answer || isLie(answer.error)) && claim(answer) !== claim(alike))
}

/** By what they claim. */
export function grouped(answers: readonly Answer[]): ReadonlyMap<string, readonly Answer[]> {
  const groups = new Map<string, Answer[]>()
  for (const answer of answers) {
    const words = claim(answer)
    groups.set(words, [...(groups.get(words) ?? []), answer])
  }
  return groups
}

function commonOf(heard: readonly Answer[], t: number): Answer | null {
  const [first] = [...grouped(heard).values()].find(({ length }) => length > t) ?? []
  return first === undefined ? null : common(first)
}
