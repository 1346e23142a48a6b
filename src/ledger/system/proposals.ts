/** What validators vote on. A proposal stays readable for good; open-proposals has those that are open. */
import { concatBytes, utf8 } from '../../base/bytes.ts'
import { defined } from '../../base/invariant.ts'
import { asBytes, asFixedBytes, asFlag, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../codec/rlp.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import {
  type Address,
  addressFromBytes,
  type Hash,
  type Height,
  hashFromBytes,
  idBytes,
  ZERO_HASH,
} from '../../types/ids.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'

export const PROPOSAL_KINDS = ['add', 'remove', 'parameter'] as const

export type ProposalKind = (typeof PROPOSAL_KINDS)[number]

export interface Proposal {
  readonly kind: ProposalKind
  /** The zero address: accepted evidence opened it. */
  readonly proposer: Address
  readonly openedAt: Height
  readonly passed: boolean
  /** Id of who is to be added or removed; the zero address for a parameter. */
  readonly subject: Address
  /** Of a removal; zero when there is none. */
  readonly evidenceId: Hash
  /** Name of the parameter; zero otherwise. */
  readonly key: Hash
  /** Consensus key, or value of the parameter. */
  readonly value: Uint8Array
  /** Name of the candidate, or reason of the removal. */
  readonly text: string
  readonly peer: string
}

const decoder = new TextDecoder()

export function readProposal(words: WordReader, id: number): Proposal | undefined {
  const value = readValue(words, keyOf(id))
  if (value.length === 0) return undefined
  const [kind, proposer, openedAt, passed, subject, evidenceId, key, content, text, peer] = asTuple(
    decodeRlp(value),
    10,
    'proposal',
  )
  return {
    kind: defined(PROPOSAL_KINDS[asUint(kind, 'proposal.kind')], 'a kind of proposal'),
    proposer: addressOf(proposer),
    openedAt: asUint(openedAt, 'proposal.openedAt'),
    passed: asFlag(passed, 'proposal.passed'),
    subject: addressOf(subject),
    evidenceId: hashOf(evidenceId),
    key: hashOf(key),
    value: asBytes(content, 'proposal.value'),
    text: decoder.decode(asBytes(text, 'proposal.text')),
    peer: decoder.decode(asBytes(peer, 'proposal.peer')),
  }
}

export function writeProposal(words: Words, id: number, proposal: Proposal): void {
  const { kind, proposer, openedAt, passed, subject, evidenceId, key, value, text, peer } = proposal
  const fields: RlpItem[] = [
    uintBytes(PROPOSAL_KINDS.indexOf(kind)),
    idBytes(proposer),
    uintBytes(openedAt),
    uintBytes(passed ? 1 : 0),
    idBytes(subject),
    idBytes(evidenceId),
    idBytes(key),
    value,
    utf8(text),
    utf8(peer),
  ]
  writeValue(words, keyOf(id), encodeRlp(fields))
}

type Matter = Pick<Proposal, 'kind' | 'subject' | 'key' | 'value' | 'text' | 'peer'>

/**
 * What it would bring about. Another value of the same parameter, or another name or place of the same candidate, is
 * another thing: otherwise whoever proposes an absurd one keeps the others from theirs. A removal is one for any reason.
 */
export function topicOf({ kind, subject, key, value, text, peer }: Matter): Hash {
  if (kind === 'remove') return removalTopic(subject)
  return keccak256Hash(encodeRlp([utf8(kind), idBytes(subject), idBytes(key), value, utf8(text), utf8(peer)]))
}

export function removalTopic(subject: Address): Hash {
  return keccak256Hash(concatBytes(utf8('remove'), idBytes(subject), idBytes(ZERO_HASH)))
}

function keyOf(id: number): Uint8Array {
  return recordKey('proposal', id)
}

function addressOf(item: RlpItem | undefined): Address {
  return addressFromBytes(asFixedBytes(item, 20, 'proposal.address'))
}

function hashOf(item: RlpItem | undefined): Hash {
  return hashFromBytes(asFixedBytes(item, 32, 'proposal.hash'))
}
