/** Receipts and their bloom filters, as `receiptsRoot` and `logsBloom` commit to them (EIP-658, EIP-2718; Yellow Paper 4.3.1). */
import { concatBytes } from '../base/bytes.ts'
import { uintBytes } from '../codec/fields.ts'
import { encodeRlp, type RlpItem } from '../codec/rlp.ts'
import { keccak256 } from '../crypto/keccak.ts'
import { type Address, type Hash, idBytes } from '../types/ids.ts'
import type { Log, Receipt } from '../types/receipt.ts'

const BLOOM_BYTES = 256
export const EMPTY_BLOOM: Uint8Array = new Uint8Array(BLOOM_BYTES)

/** The consensus encoding: what lies in the trie of receipts. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const fields = encodeRlp([
    uintBytes(receipt.status),
    uintBytes(receipt.cumulativeGasUsed),
    receipt.logsBloom,
    receipt.logs.map(logItem),
  ])
  return receipt.type === 0 ? fields : concatBytes(Uint8Array.of(receipt.type), fields)
}

function logItem(log: Log): RlpItem {
  return [idBytes(log.address), log.topics.map(idBytes), log.data]
}

/** Three bits of 2048 for each address and each topic. */
export function bloomOf(logs: readonly Log[]): Uint8Array {
  if (logs.length === 0) return EMPTY_BLOOM
  const bloom = new Uint8Array(BLOOM_BYTES)
  for (const log of logs) {
    addToBloom(bloom, idBytes(log.address))
    for (const topic of log.topics) addToBloom(bloom, idBytes(topic))
  }
  return bloom
}

function addToBloom(bloom: Uint8Array, item: Uint8Array): void {
  const hash = new DataView(keccak256(item).buffer)
  for (const offset of [0, 2, 4]) {
    const bit = hash.getUint16(offset) & 0x7ff
    const position = BLOOM_BYTES - 1 - (bit >> 3)
    bloom[position] = (bloom[position] as number) | (1 << (bit & 7))
  }
}

/** False only if no log of the filter's block can have this address or topic. */
export function bloomMayHold(bloom: Uint8Array, id: Address | Hash): boolean {
  const single = new Uint8Array(BLOOM_BYTES)
  addToBloom(single, idBytes(id))
  return single.every((byte, position) => ((bloom[position] as number) & byte) === byte)
}

/** The bloom of a block is the union of its receipts'. */
export function unionOfBlooms(blooms: readonly Uint8Array[]): Uint8Array {
  const filled = blooms.filter((bloom) => bloom !== EMPTY_BLOOM)
  if (filled.length === 0) return EMPTY_BLOOM
  const union = new Uint8Array(BLOOM_BYTES)
  for (const bloom of filled)
    for (const [position, byte] of bloom.entries()) union[position] = (union[position] as number) | byte
  return union
}
