/** Requests that no honest client sends, each the same for the same seed: wrong shapes, and right ones with wrong bytes. */
import { METHODS } from '../../src/rpc/methods/all.ts'
import type { Random } from '../../src/simulation/random.ts'

const NAMES = [...METHODS.keys(), 'eth_sign', 'admin_status', '__proto__', 'constructor', '']
const LEAVES: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 1.5, 2 ** 53, Number.MAX_VALUE, '', 'latest', 'earliest', 'pending', 'finalized'],
  ...['0x', '0x0', '0x00', '0x1', '0xg', '0X1', `0x${'f'.repeat(16)}`, `0x${'f'.repeat(64)}`, `0x${'f'.repeat(65)}`],
  ...[
    `0x${'00'.repeat(20)}`,
    `0x${'10'.padStart(40, '0')}`,
    `0x${'ab'.repeat(32)}`,
    'newHeads',
    'logs',
    '\u0000\ud800',
  ],
]
const FIELDS = [
  ...['from', 'to', 'data', 'input', 'gas', 'value', 'nonce', 'accessList', 'address', 'topics', 'fromBlock'],
  ...['toBlock', 'blockHash', 'blockNumber', 'storageKeys', 'type', 'maxFeePerGas', 'constructor', 'x'],
]
const DEPTH_MAX = 3
const WIDTH_MAX = 4
const BATCH_MAX = 6
const NESTING_MAX = 2_000
const LENGTH_MAX = 400

/** The body of an HTTP request, or a message of a WebSocket. */
export function hostileRequest(random: Random): Buffer {
  const kind = random.below(10)
  if (kind === 0) return randomBytes(random)
  if (kind === 1) return Buffer.from('[{"a":'.charAt(random.below(6)).repeat(random.below(NESTING_MAX)))
  const text = JSON.stringify(kind === 2 ? batch(random) : request(random))
  return kind <= 5 ? damaged(Buffer.from(text), random) : Buffer.from(text)
}

function batch(random: Random): unknown[] {
  return Array.from({ length: random.below(BATCH_MAX) }, () => request(random))
}

/** Mostly with the envelope as it should be, so that the parameters are looked at. */
function request(random: Random): unknown {
  const whole = { jsonrpc: '2.0', id: 1, method: pick(NAMES, random), params: list(random, 0) }
  return random.chance(0.1) ? { ...whole, [pick(Object.keys(whole), random)]: value(random, 0) } : whole
}

function value(random: Random, depth: number): unknown {
  const kind = depth < DEPTH_MAX ? random.below(4) : 0
  if (kind === 1) return list(random, depth + 1)
  if (kind === 2) return record(random, depth + 1)
  return random.chance(0.1) ? `0x${randomBytes(random).toString('hex')}` : pick(LEAVES, random)
}

function list(random: Random, depth: number): unknown[] {
  return Array.from({ length: random.below(WIDTH_MAX) }, () => value(random, depth))
}

function record(random: Random, depth: number): unknown {
  return Object.fromEntries(list(random, depth).map((field) => [pick(FIELDS, random), field]))
}

function damaged(bytes: Buffer, random: Random): Buffer {
  bytes[random.below(bytes.length)] = random.below(256)
  return random.chance(0.2) ? bytes.subarray(0, random.below(bytes.length)) : bytes
}

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.below(LENGTH_MAX) }, () => random.below(256)))
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[random.below(from.length)] as T
}
