/**
 * A viem transport over several servers, of which up to t may lie: `quorum(urls, { t })`. It takes
 * the answer that t+1 of them give alike, at one pinned block, and names those that differ. With
 * `genesis` each of them has to prove its answers as well, where there are proofs, and one that forges
 * them is named too.
 */
import { createTransport, type EIP1193RequestFn, http, type Transport } from 'viem'
import type { FaultModel } from '../types/fault-model.ts'
import { type Json, readNatural } from './read-json.ts'
import { VerificationError } from './verification-error.ts'
import { VERIFIED_METHODS } from './verified-methods.ts'
import { verified } from './verified-transport.ts'

export interface QuorumOptions {
  /** How many of the servers may be faulty; at least 2t + 1 are needed to outvote them. */
  readonly t: number
  /** Hash of block 0: asks for proofs besides. */
  readonly genesis?: string
  /** Of the network, for its proofs; 'byzantine', the default, asks for the larger quorum. */
  readonly faultModel?: FaultModel
  /** Told of servers that answered otherwise than t+1 others. */
  readonly onDifference?: (difference: Difference) => void
}

export interface Difference {
  readonly method: string
  readonly urls: readonly string[]
}

type Answer = { readonly url: string; readonly value: unknown } | { readonly url: string; readonly error: unknown }
type Ask = (method: string, params: readonly unknown[]) => Promise<readonly Answer[]>

/** Where the block stands among the parameters of a method. */
const BLOCK_POSITION: ReadonlyMap<string, number> = new Map([
  ['eth_getBlockByNumber', 0],
  ['eth_getBlockReceipts', 0],
  ['bft_getFinalityProof', 0],
  ['eth_getBalance', 1],
  ['eth_getCode', 1],
  ['eth_call', 1],
  ['eth_estimateGas', 1],
  ['eth_getStorageAt', 2],
  ['eth_getProof', 2],
])
const NEWEST = new Set<unknown>([undefined, 'latest', 'safe', 'finalized', 'pending'])
/** A server may be a block behind: it is asked again. */
const ATTEMPTS_MAX = 4
const PAUSE_MS = 100
const UNKNOWN_BLOCK = 'error -32001'

export function quorum(urls: readonly string[], options: QuorumOptions): Transport {
  const { t, onDifference } = options
  if (urls.length < 2 * t + 1) throw new TypeError(`${urls.length} servers cannot outvote ${t}`)
  return (parameters) => {
    const servers = urls.map((url) => ({ url, request: requestOf(http(url, { retryCount: 0 }), parameters, options) }))
    let pinned = 0
    const ask: Ask = (method, params) =>
      Promise.all(
        servers.map(({ url, request }) =>
          request({ method, params }).then(
            (value: unknown) => ({ url, value }),
            (error: unknown) => ({ url, error }),
          ),
        ),
      )

    /** The highest block that t+1 servers claim to have, so that one of them does; never one before. */
    const pin = async (): Promise<string> => {
      const heights = (await ask('eth_blockNumber', [])).flatMap((answer) =>
        'value' in answer ? [readNatural(answer.value, 'block number')] : [],
      )
      const height = heights.sort((a, b) => b - a)[t]
      if (height === undefined) throw new VerificationError('noAgreement', `fewer than ${t + 1} servers answer`)
      pinned = Math.max(pinned, height)
      return `0x${pinned.toString(16)}`
    }

    const request = async ({ method, params = [] }: { method: string; params?: unknown }): Promise<unknown> => {
      if (method === 'eth_blockNumber') return pin()
      const values = [...(params as readonly unknown[])]
      const position = BLOCK_POSITION.get(method)
      if (position !== undefined && NEWEST.has(values[position])) values[position] = await pin()
      return agree(ask, method, values, t, onDifference)
    }
    const name = `${t + 1} of ${urls.length} servers`
    return createTransport({ key: 'quorum', name, type: 'quorum', request: request as EIP1193RequestFn })
  }
}

/** What has a proof is asked for with it. */
function requestOf(server: Transport, parameters: Parameters<Transport>[0], { genesis, faultModel }: QuorumOptions) {
  const plain = server(parameters).request
  if (genesis === undefined) return plain
  const proving = verified(server, { genesis, ...(faultModel && { faultModel }) })(parameters).request
  const request = (args: { readonly method: string; readonly params?: unknown }): Promise<unknown> =>
    (VERIFIED_METHODS.has(args.method) ? proving : plain)(args)
  return request
}

async function agree(
  ask: Ask,
  method: string,
  params: readonly unknown[],
  t: number,
  onDifference: QuorumOptions['onDifference'],
): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const answers = await ask(method, params)
    const groups = grouped(answers)
    for (const [words, group] of groups) {
      const [first] = group
      if (group.length <= t || first === undefined) continue
      if (words === UNKNOWN_BLOCK && attempt < ATTEMPTS_MAX) continue
      const others = answers.filter((answer) => isClaim(answer) && wording(answer) !== words)
      if (others.length > 0) onDifference?.({ method, urls: others.map(({ url }) => url) })
      if ('error' in first) throw first.error
      return first.value
    }
    if (attempt === ATTEMPTS_MAX) throw disagreement(method, groups)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

function grouped(answers: readonly Answer[]): ReadonlyMap<string, readonly Answer[]> {
  const groups = new Map<string, Answer[]>()
  for (const answer of answers) {
    const words = wording(answer)
    groups.set(words, [...(groups.get(words) ?? []), answer])
  }
  return groups
}

/** Who could not answer did not lie; who was found out did. */
function isClaim(answer: Answer): boolean {
  return 'value' in answer || isLie(answer.error)
}

function isLie(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof VerificationError) return true
  }
  return false
}

/** Equal answers have equal words, whatever the order of their fields. */
function wording(answer: Answer): string {
  if ('error' in answer) return `error ${isLie(answer.error) ? 'of a lie' : errorCode(answer.error)}`
  return JSON.stringify(ordered(answer.value))
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

function errorCode(error: unknown): string {
  return String((error as { readonly code?: unknown } | null)?.code)
}

function disagreement(method: string, groups: ReadonlyMap<string, readonly Answer[]>): VerificationError {
  const camps = [...groups.values()].map((group) => group.map(({ url }) => url).join(', '))
  return new VerificationError(
    'noAgreement',
    `no answer to ${method} is given alike often enough: ${camps.join(' | ')}`,
  )
}
