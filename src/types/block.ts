/** A proposed block: header, the certificates that justify it, and its transactions' envelopes. */
import { isPlanted } from '../base/planted-bug.ts'
import { DecodeError } from '../codec/decode-error.ts'
import { asBytes, asFixedBytes, asList, asTuple } from '../codec/fields.ts'
import { encodeRlp, type RlpItem } from '../codec/rlp.ts'
import type { QuorumCertificate, TimeoutCertificate } from './certificate.ts'
import { optionalItem, qcItem, readOptional, readQc, readTc, tcItem } from './certificate-codec.ts'
import { type Header, headerItem, readHeader } from './header.ts'
import type { Hash } from './ids.ts'
import { BLOCK_TRANSACTIONS_MAX, SIGNATURE_BYTES, TRANSACTION_BYTES_MAX } from './limits.ts'

export interface Block {
  /** keccak256 of the header's RLP: computed by whoever decoded or sealed the block, never sent. */
  readonly hash: Hash
  readonly header: Header
  readonly justify: QuorumCertificate
  readonly tc: TimeoutCertificate | null
  /** Signed envelopes, as they were received. Consensus never looks inside. */
  readonly transactions: readonly Uint8Array[]
}

/** A block with its proposer's signature over (genesis, epoch, view, hash). */
export interface Proposal {
  readonly block: Block
  readonly signature: Uint8Array
}

/** Bytes of its transactions together. */
export function bodyBytes({ transactions }: Block): number {
  return transactions.reduce((sum, envelope) => sum + envelope.length, 0)
}

/** Bytes that it takes on the wire: of a large set, the signatures of its certificates may be more than its transactions. */
export function wireBytes(block: Block): number {
  return encodeRlp(blockItem(block)).length
}

export function blockItem(block: Block): RlpItem {
  return [headerItem(block.header), qcItem(block.justify), optionalItem(block.tc, tcItem), block.transactions]
}

/** `hashHeader` is keccak256 over the encoded header: hashing belongs to a higher layer. */
export function readBlock(item: RlpItem | undefined, hashHeader: (header: Header) => Hash): Block {
  const [headerPart, justify, tc, transactions] = asTuple(item, 4, 'block')
  const header = readHeader(headerPart)
  return {
    hash: hashHeader(header),
    header,
    justify: readQc(justify),
    tc: readOptional(tc, readTc),
    transactions: asList(transactions, 'block.transactions', BLOCK_TRANSACTIONS_MAX).map(readEnvelope),
  }
}

/** Never empty: `transactionsRoot` is of a trie, which has no empty value (Yellow Paper, appendix D). */
function readEnvelope(item: RlpItem): Uint8Array {
  const envelope = asBytes(item, 'block.transaction', TRANSACTION_BYTES_MAX)
  const mayBeEmpty = __CANARIES__ && isPlanted('empty-transaction-read')
  if (envelope.length === 0 && !mayBeEmpty) throw new DecodeError('block.transaction: it is empty')
  return envelope
}

export function proposalItem(proposal: Proposal): RlpItem {
  return [blockItem(proposal.block), proposal.signature]
}

export function readProposal(item: RlpItem | undefined, hashHeader: (header: Header) => Hash): Proposal {
  const [block, signature] = asTuple(item, 2, 'proposal')
  return {
    block: readBlock(block, hashHeader),
    signature: asFixedBytes(signature, SIGNATURE_BYTES, 'proposal.signature'),
  }
}
