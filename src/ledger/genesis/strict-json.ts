/**
 * JSON in which no object names a key twice. `JSON.parse` keeps the last of two, a reader of the
 * file may see the first, and then they speak of different networks.
 */
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g

export function parseStrictJson(text: string): Result<unknown, Rejection<'badGenesis'>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return err(rejection('badGenesis', `not JSON: ${error instanceof Error ? error.message : String(error)}`))
  }
  const twice = duplicateKey(text)
  return twice === undefined ? ok(value) : err(rejection('badGenesis', `the key ${twice} is there twice: remove one`))
}

/** In text that is valid JSON: the first key that its object has already, as written. */
function duplicateKey(text: string): string | undefined {
  /** One set for each open object, undefined for an open list. */
  const open: (Set<unknown> | undefined)[] = []
  let isKeyNext = false
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    const keys = open.at(-1)
    if (isKeyNext && token.startsWith('"') && keys !== undefined) {
      const key: unknown = JSON.parse(token)
      if (keys.has(key)) return token
      keys.add(key)
    }
    isKeyNext = token === '{' || (token === ',' && keys !== undefined)
  }
  return undefined
}
