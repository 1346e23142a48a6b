/** Bodies that no honest client sends, each the same for the same seed: valid requests with something changed, wrong shapes, bytes. */
import type { RpcMethod } from '../../../src/rpc/method.ts'
import { METHODS } from '../../../src/rpc/methods/all.ts'
import type { Random } from '../../../src/simulation/random.ts'

/** What the network under attack really holds, so that some requests find something. */
export interface Known {
  readonly addresses: readonly string[]
  /** Of blocks and of transactions. */
  readonly hashes: readonly string[]
  /** Signed transactions that no network takes. */
  readonly envelopes: readonly string[]
}

const UNKNOWN_NAMES = ['eth_sign', 'eth_sendTransaction', 'admin_peers', 'personal_sign', '__proto__', 'toString', '']
const LEAVES: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 1.5, 2 ** 53, Number.MAX_VALUE, '', 'latest', 'earliest', 'pending', 'finalized'],
  ...['0x', '0x0', '0x00', '0x1', '0xg', '0X1', `0x${'f'.repeat(16)}`, `0x${'f'.repeat(64)}`, `0x${'f'.repeat(65)}`],
  ...[`0x${'00'.repeat(20)}`, `0x${'ab'.repeat(32)}`, 'newHeads', 'logs', '\u0000\ud800'],
]
const FIELDS = [
  ...['from', 'to', 'data', 'input', 'gas', 'value', 'nonce', 'accessList', 'address', 'topics', 'fromBlock'],
  ...['toBlock', 'blockHash', 'blockNumber', 'storageKeys', 'type', 'maxFeePerGas', 'constructor', '__proto__', 'x'],
]
const IDS: readonly unknown[] = [0, 1, -1, 1.5, '', 'a', null, undefined, {}, [], true, 'i'.repeat(257), 2 ** 53]
const DEPTH_MAX = 3
const WIDTH_MAX = 4
const BATCH_MAX = 6
const NESTING_MAX = 2_000
const LENGTH_MAX = 400
/** Above what a server reads, once in so many. */
const HUGE_ONE_IN = 5_000
const HUGE_BYTES = 1024 * 1024 + 1

export class HostileRequests {
  readonly #random: Random
  readonly #known: Known
  readonly #leaves: readonly unknown[]
  readonly #methods: readonly RpcMethod[] = [...METHODS.values()]

  constructor(random: Random, known: Known) {
    this.#random = random
    this.#known = known
    this.#leaves = [...LEAVES, ...known.hashes, ...known.addresses]
  }

  /** The body of an HTTP request, or a message of a WebSocket. */
  next(): Buffer {
    if (this.#random.below(HUGE_ONE_IN) === 0) return Buffer.alloc(HUGE_BYTES, ' ')
    const kind = this.#random.below(12)
    if (kind === 0) return randomBytes(this.#random)
    if (kind === 1) return this.#brackets()
    const text = JSON.stringify(kind <= 3 ? this.#batch() : this.#request())
    if (kind === 4) return Buffer.from(this.#withKeyTwice(text))
    return kind <= 6 ? this.#damaged(Buffer.from(text)) : Buffer.from(text)
  }

  /** Well-formed but for its parameters, and therefore answered under this id. */
  withId(id: string): Buffer {
    const { name, params } = this.#call()
    return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: name, params }))
  }

  #brackets(): Buffer {
    return Buffer.from('[{"a":'.charAt(this.#random.below(6)).repeat(this.#random.below(NESTING_MAX)))
  }

  #batch(): unknown[] {
    // One in a hundred has more than a server takes.
    const length = this.#random.chance(0.01) ? 101 : this.#random.below(BATCH_MAX)
    return Array.from({ length }, () => (this.#random.chance(0.1) ? this.#value(0) : this.#request()))
  }

  /** Mostly with the envelope as it should be, so that the parameters are looked at. */
  #request(): unknown {
    const { name, params } = this.#call()
    const id = this.#random.chance(0.2) ? this.#pick(IDS) : this.#random.below(1_000)
    const whole = Object.entries({ jsonrpc: '2.0', id, method: name, params })
    if (this.#random.chance(0.05)) whole[this.#random.below(whole.length)] = [this.#pick(FIELDS), this.#value(0)]
    if (this.#random.chance(0.05)) whole.push([this.#pick(['jsonrpc', 'id', 'method', 'params']), this.#value(0)])
    return Object.fromEntries(whole)
  }

  #call(): { readonly name: string; readonly params: unknown[] } {
    if (this.#random.chance(0.05)) return { name: this.#pick(UNKNOWN_NAMES), params: this.#list(0) }
    const { name, parameters } = this.#pick(this.#methods)
    if (this.#random.chance(0.2)) return { name, params: this.#list(0) }
    const params = parameters.map((parameter) => this.#plausible(parameter.name))
    if (this.#random.chance(0.6)) this.#mutate(params)
    return { name, params }
  }

  /** Something else in one place, one place less, or one more. */
  #mutate(params: unknown[]): void {
    const kind = this.#random.below(8)
    if (kind === 0) params.push(this.#value(0))
    else if (kind === 1) params.pop()
    else this.#replaceWithin(params)
  }

  #replaceWithin(container: unknown[] | Record<string, unknown>): void {
    const keys = Object.keys(container)
    if (keys.length === 0) return
    const key = this.#pick(keys)
    const fields = container as Record<string, unknown>
    const inner = fields[key]
    const isContainer = typeof inner === 'object' && inner !== null
    if (isContainer && this.#random.chance(0.7)) this.#replaceWithin(inner as Record<string, unknown>)
    else fields[key] = this.#value(1)
  }

  /** What an honest client gives by this name; anything where the name is not known here. */
  #plausible(name: string): unknown {
    switch (name) {
      case 'address':
        return this.#address()
      case 'block':
      case 'newestBlock':
      case 'fromBlock':
        return this.#block()
      case 'blockHash':
      case 'transactionHash':
        return this.#hash()
      case 'storageKeys':
        return [this.#hash(), '0x0']
      case 'requests':
        return { [this.#address()]: ['0x0', this.#hash()] }
      case 'call':
        return { from: this.#address(), to: this.#address(), value: '0x1', gas: '0x5208' }
      case 'transaction':
        return this.#random.chance(0.7)
          ? this.#envelope()
          : { from: this.#address(), to: this.#address(), nonce: '0x0', accessList: [] }
      case 'filter':
      case 'options':
      case 'range':
        return { fromBlock: '0x0', toBlock: 'latest', address: this.#address(), topics: [null, [this.#hash()]] }
      case 'kind':
        return this.#pick(['newHeads', 'logs', 'newPendingTransactions', 'syncing', 'finality', 'views'])
      case 'rewardPercentiles':
        return [10, 50]
      case 'withTransactions':
        return this.#random.chance(0.5)
      case 'timeoutMs':
        return 1
      case 'data':
        return '0x1234'
      default:
        return this.#random.chance(0.5) ? `0x${this.#random.below(8).toString(16)}` : this.#value(0)
    }
  }

  #address(): string {
    return this.#pick(this.#known.addresses)
  }

  #hash(): string {
    return this.#random.chance(0.2) ? `0x${'ab'.repeat(32)}` : this.#pick(this.#known.hashes)
  }

  #block(): unknown {
    const kind = this.#random.below(4)
    if (kind === 0) return this.#hash()
    if (kind === 1) return { blockHash: this.#hash(), requireCanonical: true }
    return this.#pick(['latest', 'earliest', 'pending', '0x0', '0x1', '0xffffff'])
  }

  /** Signed, and perhaps one byte off. */
  #envelope(): string {
    const bytes = Buffer.from(this.#pick(this.#known.envelopes).slice(2), 'hex')
    if (this.#random.chance(0.8)) bytes[this.#random.below(bytes.length)] = this.#random.below(256)
    return `0x${bytes.toString('hex')}`
  }

  #value(depth: number): unknown {
    const kind = depth < DEPTH_MAX ? this.#random.below(4) : 0
    if (kind === 1) return this.#list(depth + 1)
    if (kind === 2) return Object.fromEntries(this.#list(depth + 1).map((field) => [this.#pick(FIELDS), field]))
    if (this.#random.chance(0.1)) return `0x${randomBytes(this.#random).toString('hex')}`
    return this.#pick(this.#leaves)
  }

  #list(depth: number): unknown[] {
    return Array.from({ length: this.#random.below(WIDTH_MAX) }, () => this.#value(depth))
  }

  /** The first key of the text once more, spelled as it is or in escapes. */
  #withKeyTwice(text: string): string {
    const key = this.#random.chance(0.5) ? '"id"' : '"\\u0069d"'
    return text.replace('{', `{${key}:7,`)
  }

  #damaged(bytes: Buffer): Buffer {
    bytes[this.#random.below(bytes.length)] = this.#random.below(256)
    return this.#random.chance(0.2) ? bytes.subarray(0, this.#random.below(bytes.length)) : bytes
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#random.below(from.length)] as T
  }
}

export function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.below(LENGTH_MAX) }, () => random.below(256)))
}
