/** Verifies what a block holds, transactions and receipts, against the roots of its final header. */
import { bytesEqual, toHex } from '../base/bytes.ts'
import { asBytes, asFixedBytes, asFlag, asList, asTuple, asUint } from '../codec/fields.ts'
import { encodeRlp, type RlpItem } from '../codec/rlp.ts'
import { nobleRecoverer } from '../crypto/backends/noble.ts'
import { addressOfPublicKey } from '../crypto/secp256k1.ts'
import { decodeTransaction } from '../crypto/transaction-codec.ts'
import { orderedTrieRoot } from '../trie/ordered-root.ts'
import { encodeHeader, type Header } from '../types/header.ts'
import { addressFromBytes, hashFromBytes } from '../types/ids.ts'
import type { Log } from '../types/receipt.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import { readBytes, readList, readRlp } from './read-json.ts'
import { VerificationError } from './verification-error.ts'

/** What the receipt of a transaction commits to. */
export interface VerifiedReceipt {
  readonly status: 0 | 1
  readonly cumulativeGasUsed: number
  readonly logsBloom: Uint8Array
  readonly logs: readonly Log[]
}

/**
 * All transactions of the block, in their order. There is nothing else in it: its length is proven with them.
 * @param rawBlock as `debug_getRawBlock` answers.
 * @throws VerificationError
 */
export function verifyTransactions(rawBlock: unknown, header: Header): readonly SignedTransaction[] {
  const [head, items, ommers] = readRlp(readBytes(rawBlock, 'raw block'), 'raw block', (item) => {
    const [first, transactions, last] = asTuple(item, 3, 'block')
    return [asList(first, 'header'), asList(transactions, 'transactions'), asList(last, 'ommers')] as const
  })
  if (ommers.length > 0 || !bytesEqual(encodeRlp(head), encodeHeader(header)))
    throw new VerificationError('badProof', 'this is not the block of that header')
  const envelopes = items.map((item) => (item instanceof Uint8Array ? item : encodeRlp(item)))
  requireRoot(envelopes, header.transactionsRoot, 'transactions')
  return envelopes.map(readTransaction)
}

/**
 * All receipts of the block, in the order of its transactions.
 * @param rawReceipts as `debug_getRawReceipts` answers.
 * @throws VerificationError
 */
export function verifyReceipts(rawReceipts: unknown, header: Header): readonly VerifiedReceipt[] {
  const encoded = readList(rawReceipts, 'raw receipt', readBytes)
  requireRoot(encoded, header.receiptsRoot, 'receipts')
  return encoded.map((bytes) => readRlp((bytes[0] ?? 0) <= 2 ? bytes.subarray(1) : bytes, 'receipt', readReceipt))
}

/** A transaction says by itself who sent it. @throws VerificationError */
export function readTransaction(envelope: Uint8Array): SignedTransaction {
  const decoded = decodeTransaction(envelope)
  if (!decoded.ok) throw new VerificationError('malformed', decoded.error.message)
  const { to, signingDigest, signature, yParity } = decoded.value
  const key = nobleRecoverer.recoverUncompressed(signingDigest, signature, yParity)
  if (key === undefined || to === null) throw new VerificationError('malformed', 'a transaction without a sender')
  return { ...decoded.value, to, sender: addressOfPublicKey(key) }
}

function requireRoot(values: readonly Uint8Array[], root: string, what: string): void {
  const isWhole = values.every((value) => value.length > 0)
  if (!isWhole || toHex(orderedTrieRoot(values)) !== root) {
    throw new VerificationError('badProof', `these are not the ${what} of the block`)
  }
}

function readReceipt(item: RlpItem): VerifiedReceipt {
  const [status, cumulativeGasUsed, logsBloom, logs] = asTuple(item, 4, 'receipt')
  return {
    status: asFlag(status, 'status') ? 1 : 0,
    cumulativeGasUsed: asUint(cumulativeGasUsed, 'cumulativeGasUsed'),
    logsBloom: asFixedBytes(logsBloom, 256, 'logsBloom'),
    logs: asList(logs, 'logs').map((log) => {
      const [address, topics, data] = asTuple(log, 3, 'log')
      return {
        address: addressFromBytes(asFixedBytes(address, 20, 'log.address')),
        topics: asList(topics, 'log.topics').map((topic) => hashFromBytes(asFixedBytes(topic, 32, 'log.topic'))),
        data: asBytes(data, 'log.data'),
      }
    }),
  }
}
