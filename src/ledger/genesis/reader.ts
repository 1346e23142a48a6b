/** Reading of a JSON document field by field. What is wrong is said with its path and what would be right. */
import { fromHex, isHex } from '../../base/bytes.ts'
import { type Address, parseAddress } from '../../types/ids.ts'

/** Thrown here, turned into a rejection by `parseGenesis`, seen by nobody else. */
export class GenesisError extends Error {
  override readonly name = 'GenesisError'
}

const DECIMAL = /^(?:0|[1-9][0-9]*)$/
const HEXADECIMAL = /^0x[0-9a-fA-F]+$/
/** BOUND: digits that are converted at all; 2^256 has 78. */
const DIGITS_MAX = 80

export function refuse(path: string, problem: string): never {
  throw new GenesisError(`${path}: ${problem}`)
}

/** One object of the document; every field has to be asked for before `finish`, so that none is unknown. */
export class ObjectReader {
  readonly path: string
  readonly #fields: Map<string, unknown>

  constructor(value: unknown, path: string) {
    this.path = path
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'expected an object')
    this.#fields = new Map(Object.entries(value))
  }

  /** Reads a field; `otherwise` is its value when the document has none, and without it the field must be there. */
  field<T>(name: string, read: (value: unknown, path: string) => T, otherwise?: T): T {
    const path = this.path === '' ? name : `${this.path}.${name}`
    const value = this.#fields.get(name)
    this.#fields.delete(name)
    if (value !== undefined) return read(value, path)
    return otherwise === undefined ? refuse(path, 'is missing') : otherwise
  }

  has(name: string): boolean {
    return this.#fields.has(name)
  }

  /** Everything that was not asked for yet, as name and value. */
  rest(): [string, unknown][] {
    const rest = [...this.#fields]
    this.#fields.clear()
    return rest
  }

  finish(): void {
    const [unknown] = this.#fields.keys()
    if (unknown !== undefined)
      refuse(this.path === '' ? unknown : `${this.path}.${unknown}`, 'is not a known field: remove it')
  }
}

export function readString(lengthMin: number, lengthMax: number): (value: unknown, path: string) => string {
  return (value, path) => {
    if (typeof value !== 'string') return refuse(path, 'expected text')
    // Code points, as JSON Schema counts.
    const { length } = Array.from(value)
    if (length < lengthMin || length > lengthMax)
      return refuse(path, `expected ${lengthMin} to ${lengthMax} characters, got ${length}`)
    return value
  }
}

export function readChoice<T extends string>(...choices: readonly T[]): (value: unknown, path: string) => T {
  return (value, path) =>
    choices.find((choice) => choice === value) ?? refuse(path, `expected ${choices.map((c) => `"${c}"`).join(' or ')}`)
}

export function readFlag(value: unknown, path: string): boolean {
  return typeof value === 'boolean' ? value : refuse(path, 'expected true or false')
}

/** A JSON number without fraction, or text: decimal, or hexadecimal with 0x. */
export function readBigUint(max: bigint, min = 0n): (value: unknown, path: string) => bigint {
  return (value, path) => {
    const number = integerOf(value, path)
    if (number < min || number > max) return refuse(path, `expected ${min} to ${max}, got ${number}`)
    return number
  }
}

export function readUint(max = Number.MAX_SAFE_INTEGER, min = 0): (value: unknown, path: string) => number {
  const read = readBigUint(BigInt(max), BigInt(min))
  return (value, path) => Number(read(value, path))
}

function integerOf(value: unknown, path: string): bigint {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && value >= 0) return BigInt(value)
    return refuse(path, 'not a natural number up to 2^53 - 1: write larger ones as text, "1000" or "0x3e8"')
  }
  if (typeof value === 'string' && value.length <= DIGITS_MAX && (DECIMAL.test(value) || HEXADECIMAL.test(value)))
    return BigInt(value)
  return refuse(path, 'expected a natural number: 1000, "1000" or "0x3e8"')
}

export function readBytes(value: unknown, path: string): Uint8Array {
  if (typeof value !== 'string' || !isHex(value))
    return refuse(path, 'expected bytes as 0x and an even number of digits')
  return fromHex(value)
}

export function readAddress(value: unknown, path: string): Address {
  const address = typeof value === 'string' ? parseAddress(value) : undefined
  return address ?? refuse(path, 'expected an address: 0x and 40 hexadecimal digits')
}

export function readList<T>(
  read: (value: unknown, path: string) => T,
  lengthMin: number,
  lengthMax: number,
): (value: unknown, path: string) => T[] {
  return (value, path) => {
    if (!Array.isArray(value)) return refuse(path, 'expected a list')
    if (value.length < lengthMin || value.length > lengthMax)
      return refuse(path, `expected ${lengthMin} to ${lengthMax} items, got ${value.length}`)
    return value.map((item: unknown, index) => read(item, `${path}[${index}]`))
  }
}

/** Refuses the first item whose name another has. */
export function requireDistinct(names: readonly string[], path: string, what: string): void {
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) refuse(`${path}[${index}]`, `${what} ${name} is there twice`)
    seen.add(name)
  }
}
