/**
 * Calls of the `validators` module in the name of a running node's key. The node signs them itself: its
 * key is in one process only, and this is not it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { fromHex, isHex, toHex } from '../base/bytes.ts'
import { defined } from '../base/invariant.ts'
import { decodeValidatorsError } from '../ledger/modules/validators/encode-call.ts'
import { validators } from '../ledger/modules/validators/validators.ts'
import { SYSTEM_ADDRESS } from '../ledger/system/system-account.ts'
import { EXIT } from '../node/exit-codes.ts'
import type { Hash } from '../types/ids.ts'
import { callAdmin } from './admin-client.ts'
import { fail } from './failure.ts'
import { RefusedCall } from './socket-client.ts'

export interface FinalCall {
  readonly hash: Hash
  readonly height: number
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[] }[]
}

interface Receipt {
  readonly status: string
  readonly blockNumber: string
  readonly logs: FinalCall['logs']
}

const RECEIPT_INTERVAL_MS = 100
const RECEIPT_TIMEOUT_MS = 30_000

/** By the name of the error, or by that and what it carries. */
const REASONS: Readonly<Record<string, string>> = {
  NotValidator: "this node's key is not that of a validator, or the validator is jailed",
  NotCandidate: "this node's key is not that of a candidate",
  AlreadyVoted: 'this validator has voted so already; the other vote would replace it',
  UnknownProposal: 'there is no such proposal: "tertia validator proposals" lists them',
  Closed: 'this is closed: the proposal has passed or expired, or the validator is to be removed already',
  'BadProposal open': 'the same proposal is open already: vote on it',
  'BadProposal many': 'this validator has as many open proposals as one may have',
  'BadProposal member': 'the key is that of a validator or candidate already',
  'BadProposal decided': 'its removal is decided already',
  'BadProposal name': 'this is no name for a validator',
  'BadProposal reason': 'the reason is too long, or has control characters',
  'BadProposal parameter': 'there is no such parameter, or the value is out of its bounds',
  BadPeer: 'the peer is no multiaddr with /p2p/ and a peer id',
  'BadKey form': 'this is no compressed secp256k1 key',
  'BadKey proof': 'the proof of possession is not of this key on this network: make it with its --genesis',
  'BadKey taken': 'the key is or was that of another validator',
  'BadKey retired':
    'this is not the key that its validator had last: take that one, or make a new one with "tertia keys new"',
  'BadKey pending': 'another change of the key is under way: it ends with the epoch',
  'BadEvidence malformed': 'this is no evidence: give the bytes as "tertia evidence show" prints them',
  'BadEvidence noOffence':
    'the evidence is refused: its statements do not contradict each other, so they prove nothing',
  'BadEvidence unknownEpoch':
    'the evidence is refused: its epoch is not one of the latest, whose validators the state still knows',
  'BadEvidence unknownSigner': 'the evidence is refused: the signer was no validator of its epoch',
  'BadEvidence badSignature':
    'the evidence is refused: a signature does not hold on this chain, in its epoch and by the key of that time',
  'BadEvidence alreadyPunished': 'the validator was punished for this epoch already: there is nothing to be done',
  'BadEvidence unknown': 'the chain knows no such evidence against it: "tertia evidence list" shows the ids',
  'BadKey jailed': 'the validator with this key was jailed, for good: make a new one with "tertia keys new"',
}

/** Sends the call, and waits until it is final. */
export async function callValidators(dataDir: string, data: Uint8Array): Promise<FinalCall> {
  const hash = await submit(dataDir, data)
  const deadline = Date.now() + RECEIPT_TIMEOUT_MS
  while (Date.now() < deadline) {
    const receipt = await callAdmin<Receipt | null>(dataDir, 'eth_getTransactionReceipt', [hash])
    if (receipt === null) {
      await sleep(RECEIPT_INTERVAL_MS)
      continue
    }
    const height = Number(receipt.blockNumber)
    if (Number(receipt.status) === 1) return { hash, height, logs: receipt.logs }
    return fail(`${hash} was reverted in block ${height}: what it was about had changed meanwhile`)
  }
  return fail(
    `${hash} is not final after ${RECEIPT_TIMEOUT_MS / 1_000} s: "tertia status" says why, "tertia tx show" goes on asking`,
    EXIT.retry,
  )
}

async function submit(dataDir: string, data: Uint8Array): Promise<Hash> {
  try {
    return await callAdmin<Hash>(dataDir, 'admin_validatorCall', [toHex(data)])
  } catch (error) {
    if (error instanceof RefusedCall) return fail(reasonOf(error.error.data) ?? `the node refuses: ${error.message}`)
    throw error
  }
}

/** In words, from the data of a refusal; undefined when the module did not revert. */
export function reasonOf(data: unknown): string | undefined {
  const reverted = typeof data === 'string' && isHex(data) ? decodeValidatorsError(fromHex(data)) : undefined
  if (reverted === undefined) return undefined
  const { name, args } = reverted
  const [detail] = args
  if (name === 'WouldBreakQuorum') return `a network may have no fewer than ${String(detail)} validators`
  return REASONS[`${name} ${String(detail)}`] ?? REASONS[name] ?? `the module refuses: ${name} ${args.join(' ')}`.trim()
}

/** The indexed arguments of each log of one event that the call left, as words of 32 bytes. */
export function logged({ logs }: FinalCall, event: string): readonly (readonly string[])[] {
  const { topic } = defined(validators.events.get(event), `the event ${event}`)
  const ours = logs.filter(({ address, topics }) => address.toLowerCase() === SYSTEM_ADDRESS && topics[0] === topic)
  return ours.map(({ topics }) => topics.slice(1))
}
