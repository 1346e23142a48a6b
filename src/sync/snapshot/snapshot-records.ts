/**
 * What a snapshot consists of, as bytes: first the manifest, which leads from genesis to a certified state root,
 * then the state in the order in which it is cut. Each record is a tag byte and canonical RLP.
 */
import type { Rejection } from '../../base/rejection.ts'
import type { Result } from '../../base/result.ts'
import { decodeWith } from '../../codec/decode.ts'
import { DecodeError } from '../../codec/decode-error.ts'
import { asBytes, asFixedBytes, asList, asTuple } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../codec/rlp.ts'
import { decodeTagged, encodeTagged } from '../../codec/tagged.ts'
import { hashHeader } from '../../crypto/digests.ts'
import { readValidatorItems } from '../../ledger/system/validator-records.ts'
import type { Entry } from '../../trie/entries.ts'
import { type Block, blockItem, readBlock } from '../../types/block.ts'
import {
  type EpochEndProof,
  epochEndItem,
  type FinalityProof,
  finalityItem,
  readEpochEnd,
  readFinality,
} from '../../types/finality.ts'
import { type Hash, hashFromBytes, idBytes } from '../../types/ids.ts'
import { encodeValidators, type Validator } from '../../types/validator-set.ts'
import type { StateChunk } from './state-chunk.ts'

/** The end of an epoch, and who agrees in the next one. */
export interface SetLink {
  readonly end: EpochEndProof
  readonly validators: readonly Validator[]
}

export interface SnapshotManifest {
  readonly genesisHash: Hash
  /** From epoch 1 to the one before the block's. */
  readonly links: readonly SetLink[]
  /** The state is that after it. */
  readonly block: Block
  readonly finality: FinalityProof
  /** Whom the block names for the epoch behind it; null unless it ends one. */
  readonly nextValidators: readonly Validator[] | null
  /** Of the block, with the senders: as a store has them (storage/final-records.ts). */
  readonly receipts: Uint8Array
}

export type StateRecord =
  /** `owner`: empty for the trie of accounts, the hash of an address for the storage of one. */
  | { readonly kind: 'chunk'; readonly owner: Uint8Array; readonly chunk: StateChunk }
  | { readonly kind: 'code'; readonly code: Uint8Array }

const MANIFEST_TAG = 1
const CHUNK_TAG = 2
const CODE_TAG = 3
/** BOUND: a link is some kilobytes; what a newcomer has to hold before it has verified it. */
const LINKS_MAX = 100_000
const PROOF_NODES_MAX = 256

export function encodeManifest(manifest: SnapshotManifest): Uint8Array {
  const { genesisHash, links, block, finality, nextValidators, receipts } = manifest
  return encodeTagged(MANIFEST_TAG, [
    idBytes(genesisHash),
    links.map(linkItem),
    blockItem(block),
    finalityItem(finality),
    nextValidators === null ? [] : decodeRlp(encodeValidators(nextValidators)),
    receipts,
  ])
}

export function decodeManifest(bytes: Uint8Array): Result<SnapshotManifest, Rejection<'malformed'>> {
  return decodeTagged(bytes, (tag, item) => {
    if (tag !== MANIFEST_TAG) throw new DecodeError('a snapshot begins with its manifest')
    const [genesisHash, links, block, finality, nextValidators, receipts] = asTuple(item, 6, 'manifest')
    const next = readValidatorItems(nextValidators)
    return {
      genesisHash: hashFromBytes(asFixedBytes(genesisHash, 32, 'genesisHash')),
      links: asList(links, 'links', LINKS_MAX).map(readLink),
      block: readBlock(block ?? [], hashHeader),
      finality: readFinality(finality),
      nextValidators: next.length === 0 ? null : next,
      receipts: asBytes(receipts, 'receipts'),
    }
  })
}

export function encodeStateRecord(record: StateRecord): Uint8Array {
  if (record.kind === 'code') return encodeTagged(CODE_TAG, record.code)
  const { range, entries, proof } = record.chunk
  return encodeTagged(CHUNK_TAG, [record.owner, range.from, range.to, entries, proof])
}

export function decodeStateRecord(bytes: Uint8Array): Result<StateRecord, Rejection<'malformed'>> {
  return decodeTagged(bytes, (tag, item): StateRecord => {
    if (tag === CODE_TAG) return { kind: 'code', code: asBytes(item, 'code') }
    if (tag !== CHUNK_TAG) throw new DecodeError(`unknown record ${tag}`)
    const [owner, from, to, entries, proof] = asTuple(item, 5, 'chunk')
    return {
      kind: 'chunk',
      owner: asBytes(owner, 'owner', 32),
      chunk: {
        range: { from: asFixedBytes(from, 32, 'from'), to: asFixedBytes(to, 32, 'to') },
        entries: asList(entries, 'entries').map(readEntry),
        proof: asList(proof, 'proof', PROOF_NODES_MAX).map((node) => asBytes(node, 'node')),
      },
    }
  })
}

/** In the order of their epochs. */
export function encodeLinks(links: readonly SetLink[]): Uint8Array {
  return encodeRlp(links.map(linkItem))
}

export function decodeLinks(bytes: Uint8Array): Result<readonly SetLink[], Rejection<'malformed'>> {
  return decodeWith(bytes, (item) => asList(item, 'links', LINKS_MAX).map(readLink))
}

function linkItem({ end, validators }: SetLink): RlpItem {
  return [epochEndItem(end), decodeRlp(encodeValidators(validators))]
}

function readLink(item: RlpItem): SetLink {
  const [end, validators] = asTuple(item, 2, 'link')
  return { end: readEpochEnd(end), validators: readValidatorItems(validators) }
}

function readEntry(item: RlpItem): Entry {
  const [key, value] = asTuple(item, 2, 'entry')
  return [asFixedBytes(key, 32, 'key'), asBytes(value, 'value')]
}
