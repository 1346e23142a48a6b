/**
 * A validator that runs twice (Twins; Bano et al., OPODIS 2021), as data that a person can write: who leads each
 * view, and who hears whom while it lasts. After these views everybody hears everybody, and all lead in turn.
 */
import { err, ok, type Result } from '../../base/result.ts'

export interface TwinView {
  readonly leader: number
  /** Parts of the network that each replica is in, as bits: those that share one hear each other. */
  readonly parts: readonly number[]
}

export interface TwinScenario {
  readonly validators: number
  /** Those that run twice; the second replicas come after all first ones, in this order. */
  readonly twins: readonly number[]
  /** Views 1, 2, … */
  readonly views: readonly TwinView[]
}

const VALIDATORS_MAX = 16
const VIEWS_MAX = 64
const PARTS_MAX = 8

/** What is wrong with it, otherwise the scenario. */
export function readTwinScenario(json: unknown): Result<TwinScenario, string> {
  if (!isRecord(json)) return err('a scenario is an object')
  const { validators, twins, views, ...rest } = json
  const unknown = Object.keys(rest)
  if (unknown.length > 0) return err(`a scenario has no ${unknown.join(', ')}`)
  if (!isBelow(validators, VALIDATORS_MAX + 1) || validators === 0)
    return err(`validators: a number from 1 to ${VALIDATORS_MAX}`)
  if (!isListBelow(twins, validators) || new Set(twins).size !== twins.length)
    return err('twins: a list of different validators')
  if (!Array.isArray(views) || views.length > VIEWS_MAX) return err(`views: a list of at most ${VIEWS_MAX}`)
  const read: TwinView[] = []
  for (const [index, view] of views.entries()) {
    const judged = readView(view, validators, validators + twins.length)
    if (!judged.ok) return err(`views[${index}]: ${judged.error}`)
    read.push(judged.value)
  }
  return ok({ validators, twins, views: read })
}

function readView(view: unknown, validators: number, replicas: number): Result<TwinView, string> {
  if (!isRecord(view)) return err('an object with leader and parts')
  const { leader, parts } = view
  if (!isBelow(leader, validators)) return err(`leader: a validator from 0 to ${validators - 1}`)
  if (!isListBelow(parts, 2 ** PARTS_MAX) || parts.length !== replicas)
    return err(`parts: ${replicas} numbers, one a replica, bits of at most ${PARTS_MAX} parts`)
  return ok({ leader, parts })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBelow(value: unknown, limit: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < limit
}

function isListBelow(value: unknown, limit: number): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => isBelow(each, limit))
}
