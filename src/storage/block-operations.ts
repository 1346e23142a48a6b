/** What the store keeps of a final block, as one batch writes it (docs/ledger.md, "State on disk"). */
import { EMPTY_BYTES } from '../base/bytes.ts'
import { defined } from '../base/invariant.ts'
import { hashValidators } from '../crypto/digests.ts'
import type { FinalBlock } from '../types/final-block.ts'
import { encodeHeader, type Header } from '../types/header.ts'
import { type Address, type Height, idBytes } from '../types/ids.ts'
import { encodeValidators, type Validator } from '../types/validator-set.ts'
import { encodeReceipts } from './final-records.ts'
import { encodePosition, type JournalPosition } from './journal/position.ts'
import type { KeyValueOperation } from './key-value-store.ts'
import {
  ADDRESS_INDEX,
  BLOCK_POSITIONS,
  EPOCH_ENDS,
  FINALITY_POSITIONS,
  HEADERS,
  HEIGHTS_BY_HASH,
  RECEIPTS,
  TRANSACTION_LOOKUP,
  VALIDATOR_SETS,
} from './keyspaces.ts'

export function blockOperations(final: FinalBlock, position: JournalPosition): KeyValueOperation[] {
  const { hash, header } = final.block
  const { height } = header
  const kept = final.receipts.map((receipt, index) => ({
    receipt,
    sender: defined(final.transactions[index], 'the transaction of a receipt').sender,
  }))
  return [
    { type: 'put', key: HEADERS.key(height), value: encodeHeader(header) },
    { type: 'put', key: BLOCK_POSITIONS.key(height), value: encodePosition(position) },
    { type: 'put', key: HEIGHTS_BY_HASH.key(idBytes(hash)), value: heightValue(height) },
    { type: 'put', key: RECEIPTS.key(height), value: encodeReceipts(kept) },
    ...indexOperations(final, height),
  ]
}

/** The last block of an epoch always has a proof of its own. */
export function finalityOperations({ height, consensus }: Header, position: JournalPosition): KeyValueOperation[] {
  const operations: KeyValueOperation[] = [
    { type: 'put', key: FINALITY_POSITIONS.key(height), value: encodePosition(position) },
  ]
  if (consensus.end) operations.push({ type: 'put', key: EPOCH_ENDS.key(consensus.epoch), value: heightValue(height) })
  return operations
}

function indexOperations(final: FinalBlock, height: Height): KeyValueOperation[] {
  const operations: KeyValueOperation[] = []
  for (const [index, transaction] of final.transactions.entries()) {
    operations.push({
      type: 'put',
      key: TRANSACTION_LOOKUP.key(idBytes(transaction.hash)),
      value: locationValue(height, index),
    })
    const touched = new Set<Address>([transaction.sender, transaction.to])
    for (const log of final.receipts[index]?.logs ?? []) touched.add(log.address)
    for (const address of touched)
      operations.push({ type: 'put', key: ADDRESS_INDEX.key(idBytes(address), height, index), value: EMPTY_BYTES })
  }
  return operations
}

export function validatorsOperation(members: readonly Validator[]): KeyValueOperation {
  return { type: 'put', key: VALIDATOR_SETS.key(idBytes(hashValidators(members))), value: encodeValidators(members) }
}

function locationValue(height: Height, index: number): Uint8Array {
  const value = new Uint8Array(12)
  const view = new DataView(value.buffer)
  view.setBigUint64(0, BigInt(height))
  view.setUint32(8, index)
  return value
}

/** A height as the key of its header: read back by the same codec. */
export function heightValue(height: Height): Uint8Array {
  return HEADERS.key(height)
}
