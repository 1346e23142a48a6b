/**
 * Calls of the validators module as the checkers and liars read and write them: the ABI of a few functions
 * and events by hand, sharing no code with the module or its codec.
 */
import { bytesEqual, concatBytes, toHex, utf8 } from '../base/bytes.ts'
import { keccak256, keccak256Hash } from '../crypto/keccak.ts'
import type { Address, Hash } from '../types/ids.ts'
import type { Log } from '../types/receipt.ts'

export type GovernanceCall =
  | { readonly kind: 'vote'; readonly proposal: number; readonly approve: boolean }
  | { readonly kind: 'ready'; readonly height: number; readonly stateRoot: Hash }
  | { readonly kind: 'proposeRemove'; readonly subject: Address }
  /** `proof`: that who has the key asks for it, on this chain. */
  | { readonly kind: 'proposeAdd'; readonly publicKey: Uint8Array; readonly proof: Uint8Array }
  | { readonly kind: 'submitEvidence'; readonly evidence: Uint8Array }
  | { readonly kind: 'leave' }
  /** `proof`: that who has the new key wants it to be the caller's. */
  | { readonly kind: 'rotateKey'; readonly publicKey: Uint8Array; readonly proof: Uint8Array }
  /** A proposal for another number of validators. */
  | { readonly kind: 'resize'; readonly validators: number }

export type GovernanceEvent =
  | {
      readonly kind: 'proposed'
      readonly proposal: number
      readonly what: 'add' | 'remove' | 'parameter'
      readonly subject: Address
    }
  | { readonly kind: 'passed'; readonly proposal: number }
  | { readonly kind: 'evidenceAccepted'; readonly culprit: Address; readonly epoch: number }
  | { readonly kind: 'jailed'; readonly validator: Address }

export const GOVERNANCE_ADDRESS = '0x0000000000000000000000000000000000001000' as Address

const WORD = 32
const SELECTOR = 4
const VOTE = selector('vote(uint256,bool)')
const READY = selector('ready(uint256,bytes32)')
const PROPOSE_REMOVE = selector('proposeRemove(address,bytes32,string)')
const PROPOSE_ADD = selector('proposeAdd(bytes,bytes,string,string)')
const LEAVE = selector('leave()')
const ROTATE_KEY = selector('rotateKey(bytes,bytes)')
const PROPOSE_PARAM = selector('proposeParam(bytes32,bytes)')
const SUBMIT_EVIDENCE = selector('submitEvidence(bytes)')
const PROPOSED = topic('Proposed(uint256,address,uint8,address)')
const PASSED = topic('Passed(uint256)')
const EVIDENCE_ACCEPTED = topic('EvidenceAccepted(bytes32,address,uint8,uint256,uint256)')
const JAILED = topic('Jailed(address,bytes32)')
const TARGET = padRight(utf8('targetValidators'))
/** By their numbers in the event. */
const PROPOSALS = ['add', 'remove', 'parameter'] as const
/** Nobody dials it: nodes of a simulation are named by their keys. */
const PEER = utf8(`/ip4/127.0.0.1/tcp/1/p2p/${'Q'.repeat(46)}`)
const NAME = utf8('returned')

export function encodeGovernanceCall(call: GovernanceCall): Uint8Array {
  switch (call.kind) {
    case 'vote':
      return concatBytes(VOTE, word(call.proposal), word(call.approve ? 1 : 0))
    case 'ready':
      return concatBytes(READY, word(call.height), bytesOf(call.stateRoot))
    case 'proposeRemove':
      return concatBytes(PROPOSE_REMOVE, padLeft(bytesOf(call.subject)), word(0), word(3 * WORD), word(0))
    case 'proposeAdd':
      return concatBytes(PROPOSE_ADD, ...dynamic([call.publicKey, call.proof, PEER, NAME]))
    case 'leave':
      return LEAVE
    case 'rotateKey':
      return concatBytes(ROTATE_KEY, ...dynamic([call.publicKey, call.proof]))
    case 'resize': {
      const value = Uint8Array.of(call.validators)
      return concatBytes(PROPOSE_PARAM, TARGET, word(2 * WORD), word(value.length), padRight(value))
    }
    case 'submitEvidence':
      return concatBytes(SUBMIT_EVIDENCE, word(WORD), word(call.evidence.length), padRight(call.evidence))
  }
}

/** Undefined for any other call, and for what cannot be read. */
export function decodeGovernanceCall(data: Uint8Array): GovernanceCall | undefined {
  const name = data.subarray(0, SELECTOR)
  const at = (index: number): Uint8Array => data.subarray(SELECTOR + index * WORD, SELECTOR + (index + 1) * WORD)
  if (bytesEqual(name, VOTE)) return { kind: 'vote', proposal: numberOf(at(0)), approve: numberOf(at(1)) === 1 }
  if (bytesEqual(name, READY)) return { kind: 'ready', height: numberOf(at(0)), stateRoot: toHex(at(1)) as Hash }
  if (bytesEqual(name, PROPOSE_REMOVE)) return { kind: 'proposeRemove', subject: addressOf(toHex(at(0))) }
  if (bytesEqual(name, PROPOSE_ADD))
    return { kind: 'proposeAdd', publicKey: dynamicAt(data, 0), proof: dynamicAt(data, 1) }
  if (bytesEqual(name, LEAVE)) return { kind: 'leave' }
  if (bytesEqual(name, ROTATE_KEY))
    return { kind: 'rotateKey', publicKey: dynamicAt(data, 0), proof: dynamicAt(data, 1) }
  if (bytesEqual(name, PROPOSE_PARAM)) return { kind: 'resize', validators: data[SELECTOR + 3 * WORD] ?? 0 }
  if (!bytesEqual(name, SUBMIT_EVIDENCE)) return undefined
  const start = SELECTOR + 2 * WORD
  return { kind: 'submitEvidence', evidence: data.subarray(start, start + numberOf(at(1))) }
}

/** Undefined for a log that nobody here asks about. */
export function readGovernanceLog({ topics, data }: Log): GovernanceEvent | undefined {
  const [, first = '', second = ''] = topics
  const name: string = topics[0] ?? ''
  const at = (index: number): Uint8Array => data.subarray(index * WORD, (index + 1) * WORD)
  switch (name) {
    case PROPOSED:
      return {
        kind: 'proposed',
        proposal: Number(first),
        what: PROPOSALS[numberOf(at(0))] ?? 'parameter',
        subject: addressOf(toHex(at(1))),
      }
    case PASSED:
      return { kind: 'passed', proposal: Number(first) }
    case EVIDENCE_ACCEPTED:
      return { kind: 'evidenceAccepted', culprit: addressOf(second), epoch: numberOf(at(1)) }
    case JAILED:
      return { kind: 'jailed', validator: addressOf(first) }
    default:
      return undefined
  }
}

/** Arguments of variable length: where each begins, then their lengths and bytes. */
function dynamic(values: readonly Uint8Array[]): readonly Uint8Array[] {
  const heads: Uint8Array[] = []
  const tails: Uint8Array[] = []
  let offset = values.length * WORD
  for (const value of values) {
    heads.push(word(offset))
    const tail = concatBytes(word(value.length), padRight(value))
    tails.push(tail)
    offset += tail.length
  }
  return [...heads, ...tails]
}

function dynamicAt(data: Uint8Array, index: number): Uint8Array {
  const args = data.subarray(SELECTOR)
  const offset = numberOf(args.subarray(index * WORD, (index + 1) * WORD))
  const start = offset + WORD
  return args.subarray(start, start + numberOf(args.subarray(offset, start)))
}

function selector(signature: string): Uint8Array {
  return keccak256(utf8(signature)).subarray(0, SELECTOR)
}

function topic(signature: string): Hash {
  return keccak256Hash(utf8(signature))
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(WORD)
  new DataView(bytes.buffer).setBigUint64(WORD - 8, BigInt(value))
  return bytes
}

function padLeft(bytes: Uint8Array): Uint8Array {
  return concatBytes(new Uint8Array(WORD - bytes.length), bytes)
}

function padRight(bytes: Uint8Array): Uint8Array {
  return concatBytes(bytes, new Uint8Array((WORD - (bytes.length % WORD)) % WORD))
}

function bytesOf(id: Hash | Address): Uint8Array {
  return Uint8Array.from(id.slice(2).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

function addressOf(wordHex: string): Address {
  return `0x${wordHex.slice(-40)}` as Address
}

function numberOf(bytes: Uint8Array): number {
  return bytes.length < WORD ? 0 : Number(new DataView(bytes.buffer, bytes.byteOffset + WORD - 8).getBigUint64(0))
}
