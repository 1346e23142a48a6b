/** Readers of option values. What they refuse is a usage error. */
import { InvalidArgumentError } from 'commander'
import { blockedPort, isBlockedPort } from '../node/blocked-ports.ts'
import { type Address, type Hash, parseAddress, parseHash } from '../types/ids.ts'

export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
  }
}

export const port = integer(1, 65_535)

/** For an option that may stand there more than once. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

export function choice<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((value) => value === text)
    if (found !== undefined) return found
    throw new InvalidArgumentError(`Expected ${choices.join(' or ')}.`)
  }
}

export function hash(text: string): Hash {
  const value = parseHash(text)
  if (value !== undefined) return value
  throw new InvalidArgumentError('Expected 0x and 64 hexadecimal digits.')
}

export function address(text: string): Address {
  const value = parseAddress(text)
  if (value !== undefined) return value
  throw new InvalidArgumentError('Expected 0x and 40 hexadecimal digits.')
}

export function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError('Expected http://HOST:PORT.')
  if (!isBlockedPort(Number(url.port))) return text
  throw new InvalidArgumentError(`${blockedPort(Number(url.port))}.`)
}
