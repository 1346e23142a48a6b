/** Whether an answer has the fields and types of another, whatever the values. */

type Json = Readonly<Record<string, unknown>>

export interface Allowance {
  /** Fields that may be missing. */
  readonly absent?: readonly string[]
  /** Fields that may be there in addition. */
  readonly extra?: readonly string[]
  /** Fields that may be null on one side only. */
  readonly nullable?: readonly string[]
  /** One field in the place of another. */
  readonly instead?: Readonly<Record<string, string>>
  /** Maps that may be empty here. */
  readonly emptied?: readonly string[]
}

const QUANTITY = /^0x(0|[1-9a-f][0-9a-f]*)$/
const DATA = /^0x([0-9a-f]{2})*$/
/** Integers that are as long as a hash most of the time. */
const LONG_QUANTITIES = new Set(['r', 's', 'value'])
/** Bytes of any length: an address, a hash and a bloom filter have theirs. */
const FIXED_LENGTHS = new Set([42, 66, 514])

/** What differs, each with its place; nothing when the shape is the same. */
export function shapeDifferences(wanted: unknown, actual: unknown, allowance: Allowance, path = 'result'): string[] {
  const key = path.slice(path.lastIndexOf('.') + 1)
  if (wanted === null || actual === null) {
    return wanted === actual || allowance.nullable?.includes(key)
      ? []
      : [`${path}: ${kind(wanted)}, not ${kind(actual)}`]
  }
  if (kind(wanted) !== kind(actual)) return [`${path}: ${kind(wanted)}, not ${kind(actual)}`]
  if (Array.isArray(wanted)) return arrayDifferences(wanted, actual as unknown[], allowance, path)
  if (typeof wanted === 'object') return objectDifferences(wanted as Json, actual as Json, allowance, path)
  return typeof wanted === 'string' ? textDifferences(wanted, actual as string, key, path) : []
}

function objectDifferences(wanted: Json, actual: Json, allowance: Allowance, path: string): string[] {
  if (isMap(actual) && (isMap(wanted) || allowance.emptied?.some((name) => path.endsWith(`.${name}`)))) {
    return arrayDifferences(Object.values(wanted), Object.values(actual), allowance, path)
  }
  const renamed = new Map(
    Object.entries(allowance.instead ?? {}).filter(([from, to]) => from in wanted && to in actual),
  )
  const expected = Object.keys(wanted).filter((name) => !renamed.has(name))
  const missing = expected.filter((name) => !(name in actual) && !allowance.absent?.includes(name))
  const surplus = Object.keys(actual).filter(
    (name) => !(name in wanted) && !allowance.extra?.includes(name) && ![...renamed.values()].includes(name),
  )
  return [
    ...missing.map((name) => `${path}.${name}: missing`),
    ...surplus.map((name) => `${path}.${name}: not expected`),
    ...expected
      .filter((name) => name in actual)
      .flatMap((name) => shapeDifferences(wanted[name], actual[name], allowance, `${path}.${name}`)),
  ]
}

/** By addresses, by nonces, or empty: its keys are no fields. */
function isMap(value: Json): boolean {
  return Object.keys(value).every((key) => /^(0x[0-9a-fA-F]{40}|\d+)$/.test(key))
}

/** Each item has the shape of one of the other side; an empty list there says nothing about items. */
function arrayDifferences(wanted: unknown[], actual: unknown[], allowance: Allowance, path: string): string[] {
  if (wanted.length === 0) return []
  if (actual.length === 0)
    return allowance.emptied?.includes(path.slice(path.lastIndexOf('.') + 1)) ? [] : [`${path}: empty`]
  return actual.flatMap((item) => {
    const all = wanted.map((each) => shapeDifferences(each, item, allowance, `${path}[]`))
    return all.some((differences) => differences.length === 0) ? [] : (all[0] ?? [])
  })
}

function textDifferences(wanted: string, actual: string, key: string, path: string): string[] {
  if (!wanted.startsWith('0x')) return []
  const fixed = FIXED_LENGTHS.has(wanted.length) && !LONG_QUANTITIES.has(key) && key !== 'input' && key !== 'data'
  if (fixed)
    return DATA.test(actual) && actual.length === wanted.length ? [] : [`${path}: ${actual} is not like ${wanted}`]
  const sameKind = (QUANTITY.test(wanted) && QUANTITY.test(actual)) || (DATA.test(wanted) && DATA.test(actual))
  return sameKind ? [] : [`${path}: ${actual} is not like ${wanted}`]
}

function kind(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
