/** How receipts of a final block are kept: with their senders, which are dear to compute again. */

import { bigIntToBytes } from '../base/bytes.ts'
import { asBigUint, asBytes, asFixedBytes, asFlag, asList, asTuple, asUint, uintBytes } from '../codec/fields.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../codec/rlp.ts'
import { bloomOf } from '../ledger/receipt-codec.ts'
import { type Address, addressFromBytes, hashFromBytes, idBytes } from '../types/ids.ts'
import type { Log, Receipt } from '../types/receipt.ts'
import type { TransactionType } from '../types/transaction.ts'

export interface KeptReceipt {
  readonly receipt: Receipt
  readonly sender: Address
}

export function encodeReceipts(kept: readonly KeptReceipt[]): Uint8Array {
  return encodeRlp(
    kept.map(
      ({ receipt, sender }): RlpItem => [
        uintBytes(receipt.type),
        uintBytes(receipt.status),
        uintBytes(receipt.gasUsed),
        uintBytes(receipt.cumulativeGasUsed),
        bigIntToBytes(receipt.effectiveGasPrice),
        receipt.logs.map((log) => [idBytes(log.address), log.topics.map(idBytes), log.data]),
        idBytes(sender),
      ],
    ),
  )
}

export function decodeReceipts(bytes: Uint8Array): KeptReceipt[] {
  return asList(decodeRlp(bytes), 'receipts').map((item) => {
    const [type, status, gasUsed, cumulativeGasUsed, effectiveGasPrice, logItems, sender] = asTuple(item, 7, 'receipt')
    const logs = asList(logItems, 'logs').map(readLog)
    return {
      receipt: {
        type: asUint(type, 'type') as TransactionType,
        status: asFlag(status, 'status') ? 1 : 0,
        gasUsed: asUint(gasUsed, 'gasUsed'),
        cumulativeGasUsed: asUint(cumulativeGasUsed, 'cumulativeGasUsed'),
        effectiveGasPrice: asBigUint(effectiveGasPrice, 'effectiveGasPrice'),
        logsBloom: bloomOf(logs),
        logs,
      },
      sender: addressFromBytes(asFixedBytes(sender, 20, 'sender')),
    }
  })
}

function readLog(item: RlpItem): Log {
  const [address, topics, data] = asTuple(item, 3, 'log')
  return {
    address: addressFromBytes(asFixedBytes(address, 20, 'log.address')),
    topics: asList(topics, 'log.topics').map((topic) => hashFromBytes(asFixedBytes(topic, 32, 'log.topic'))),
    data: asBytes(data, 'log.data'),
  }
}
