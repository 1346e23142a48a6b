/**
 * What the journal holds: blocks as they were proposed, and the proofs that made them final.
 * A height stands in front, so that recovery passes over what is applied already without decoding it.
 */
import { decodeRlp, encodeRlp } from '../codec/rlp.ts'
import { hashHeader } from '../crypto/digests.ts'
import { type Block, blockItem, readBlock } from '../types/block.ts'
import { type FinalityProof, finalityItem, readFinality } from '../types/finality.ts'
import type { Height } from '../types/ids.ts'

export const BLOCK_RECORD = 1
/** The height is that of the block that the proof is for. */
export const COMMIT_RECORD = 2

export function encodeBlockRecord(block: Block): Uint8Array {
  return withHeight(block.header.height, encodeRlp(blockItem(block)))
}

export function encodeCommitRecord(height: Height, finality: FinalityProof): Uint8Array {
  return withHeight(height, encodeRlp(finalityItem(finality)))
}

export function heightOfRecord(payload: Uint8Array): Height {
  return Number(new DataView(payload.buffer, payload.byteOffset, HEIGHT_BYTES).getBigUint64(0))
}

export function decodeBlockRecord(payload: Uint8Array): Block {
  return readBlock(decodeRlp(payload.subarray(HEIGHT_BYTES)), hashHeader)
}

export function decodeCommitRecord(payload: Uint8Array): FinalityProof {
  return readFinality(decodeRlp(payload.subarray(HEIGHT_BYTES)))
}

const HEIGHT_BYTES = 8

function withHeight(height: Height, body: Uint8Array): Uint8Array {
  const record = new Uint8Array(HEIGHT_BYTES + body.length)
  new DataView(record.buffer).setBigUint64(0, BigInt(height))
  record.set(body, HEIGHT_BYTES)
  return record
}
