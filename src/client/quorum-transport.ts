/**
 * A viem transport over several servers, of which up to t may lie: `quorum(urls, { t })`. It takes
 * the answer that t+1 of them give alike, at one pinned block, and names those that differ. With
 * `genesis` each of them has to prove its answers as well, where there are proofs, and one that forges
 * them is named too.
 */
import { createTransport, type EIP1193RequestFn, http, type Transport } from 'viem'
import type { FaultModel } from '../types/fault-model.ts'
import { type Asked, firstAlike, grouped, heardOf, othersThan } from './agreement.ts'
import { blockPosition } from './block-position.ts'
import { isNewest, isPending } from './caller-params.ts'
import { type Json, readNatural } from './read-json.ts'
import { VerificationError } from './verification-error.ts'
import { VERIFIED_METHODS } from './verified-methods.ts'
import { verified } from './verified-transport.ts'
import { type Answer, isBehind } from './wording.ts'

export interface QuorumOptions {
  /** How many of the servers may be faulty; at least 2t + 1 are needed to outvote them. */
  readonly t: number
  /** Hash of block 0: asks for proofs besides. */
  readonly genesis?: string
  /** Of the network, for its proofs; 'byzantine', the default, asks for the larger quorum. */
  readonly faultModel?: FaultModel
  /** Told of servers that answered otherwise than t+1 others, when all have answered. */
  readonly onDifference?: (difference: Difference) => void
}

export interface Difference {
  readonly method: string
  readonly urls: readonly string[]
}

type Ask = (method: string, params: readonly unknown[]) => Asked

interface Question {
  readonly method: string
  readonly params: readonly unknown[]
  /** About the newest block, which one server has that does not lie. */
  readonly isPinned: boolean
}

/** A server may be a block behind: it is asked again. */
const ATTEMPTS_MAX = 4
const PAUSE_MS = 100
/** So long all are heard, or with a slow one a liar could pass off a stale head; t of them may never answer. */
const PATIENCE_MS = 500

export function quorum(urls: readonly string[], options: QuorumOptions): Transport {
  const { t, onDifference } = options
  if (urls.length < 2 * t + 1) throw new TypeError(`${urls.length} servers cannot outvote ${t}`)
  return (parameters) => {
    const servers = urls.map((url) => ({ url, request: requestOf(http(url, { retryCount: 0 }), parameters, options) }))
    let pinned = 0
    const ask: Ask = (method, params) =>
      servers.map(({ url, request }) =>
        request({ method, params }).then(
          (value: unknown) => ({ url, value }),
          (error: unknown) => ({ url, error }),
        ),
      )

    /** The highest block that t+1 servers claim to have, so that one of them does; never one before. */
    const pin = async (): Promise<string> => {
      const answers = await heardOf(ask('eth_blockNumber', []), urls.length - t, PATIENCE_MS)
      const heights = answers.map(heightIn).filter((height) => height !== undefined)
      const height = heights.toSorted((a, b) => b - a)[t]
      if (height === undefined) throw new VerificationError('noAgreement', `fewer than ${t + 1} servers answer`)
      pinned = Math.max(pinned, height)
      return `0x${pinned.toString(16)}`
    }

    const request = async ({ method, params = [] }: { method: string; params?: unknown }): Promise<unknown> => {
      if (method === 'eth_blockNumber') return pin()
      return agree(ask, await pinnedTo(pin, method, params as readonly unknown[]), t, onDifference)
    }
    const name = `${t + 1} of ${urls.length} servers`
    return createTransport({ key: 'quorum', name, type: 'quorum', request: request as EIP1193RequestFn })
  }
}

/** The same question about one block, where it was about the newest. */
async function pinnedTo(pin: () => Promise<string>, method: string, params: readonly unknown[]): Promise<Question> {
  const asIs = { method, params, isPinned: false }
  if (method === 'eth_getLogs') {
    const { blockHash, fromBlock, toBlock, ...criteria } = (params[0] ?? {}) as Json
    const isOfRange = (blockHash ?? null) === null
    if (!isOfRange || !(isNewest(fromBlock) || isNewest(toBlock))) return asIs
    const newest = await pin()
    const bound = (asked: unknown): unknown => (isNewest(asked) ? newest : asked)
    const range = { ...criteria, fromBlock: bound(fromBlock), toBlock: bound(toBlock) }
    return { method, params: [range], isPinned: true }
  }
  const position = blockPosition(method)
  const isOfPool = method === 'eth_getTransactionCount' && isPending(params[1])
  if (position === undefined || isOfPool || !isNewest(params[position])) return asIs
  const pinned = [...params]
  pinned[position] = await pin()
  return { method, params: pinned, isPinned: true }
}

/** Null is what some methods say of a block that is missing. */
function isTooEarly(answer: Answer, { method, isPinned }: Question): boolean {
  const deniesBlock = isPinned && blockPosition(method) === 0 && 'value' in answer && answer.value === null
  return deniesBlock || isBehind(answer)
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
  question: Question,
  t: number,
  onDifference: QuorumOptions['onDifference'],
): Promise<unknown> {
  const { method, params } = question
  for (let attempt = 1; ; attempt++) {
    const asked = ask(method, params)
    const alike = await firstAlike(asked, t, PATIENCE_MS)
    if (alike !== null && (!isTooEarly(alike, question) || attempt === ATTEMPTS_MAX)) {
      // Nobody waits for it: one of them may be slow.
      tellOthers(alike, asked, method, onDifference).catch(raise)
      if ('error' in alike) throw alike.error
      return alike.value
    }
    if (attempt === ATTEMPTS_MAX) throw disagreement(method, grouped(await Promise.all(asked)))
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

async function tellOthers(
  alike: Answer,
  asked: Asked,
  method: string,
  onDifference: QuorumOptions['onDifference'],
): Promise<void> {
  const others = await othersThan(alike, asked)
  if (others.length > 0) onDifference?.({ method, urls: others.map(({ url }) => url) })
}

/** What the caller's own callback throws is the caller's to see. */
function raise(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

/** A malformed one is none. */
function heightIn(answer: Answer): number | undefined {
  if ('error' in answer) return undefined
  try {
    return readNatural(answer.value, 'block number')
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error
    return undefined
  }
}

function disagreement(method: string, groups: ReadonlyMap<string, readonly Answer[]>): VerificationError {
  const camps = [...groups.values()].map((group) => group.map(({ url }) => url).join(', '))
  return new VerificationError(
    'noAgreement',
    `no answer to ${method} is given alike often enough: ${camps.join(' | ')}`,
  )
}
