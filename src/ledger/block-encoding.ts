/** A block as Ethereum encodes it (Yellow Paper 4.3, EIP-2718): rlp([header, transactions, ommers]). */
import { decodeRlp, encodeRlp, type RlpItem } from '../codec/rlp.ts'
import { type Header, headerItem } from '../types/header.ts'

/** Of the RLP of a list: how a legacy envelope begins, and no typed one. */
const LIST_PREFIX = 0xc0

/** `envelopes`: the signed transactions as they were received. */
export function encodeBlock(header: Header, envelopes: readonly Uint8Array[]): Uint8Array {
  return encodeRlp([headerItem(header), envelopes.map(transactionItem), []])
}

/** A legacy transaction stands in a block as the list that it is, a typed one as a string. */
function transactionItem(envelope: Uint8Array): RlpItem {
  return (envelope[0] ?? 0) >= LIST_PREFIX ? decodeRlp(envelope) : envelope
}
