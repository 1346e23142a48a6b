/**
 * We are wrong, not the outside. Nothing below `node/` catches it: the process stops and
 * recovers from disk.
 */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation'
}

export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message)
}

/** The value, or an InvariantViolation naming what was missing. */
export function defined<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new InvariantViolation(`${what} is missing`)
  return value
}

/** Closes an exhaustive switch: the compiler objects when a variant was forgotten. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`unreachable: ${JSON.stringify(value)}`)
}
