/** Verified blocks, transactions and receipts in the shape that Ethereum's clients read. */
import { bytesToBigInt, toHex } from '../base/bytes.ts'
import { EMPTY_OMMERS_HASH, encodeExtraData, timestampOf } from '../types/header.ts'
import { type Address, ZERO_HASH } from '../types/ids.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import type { VerifiedReceipt } from './block.ts'
import type { FinalHeader } from './finality.ts'
import type { Json } from './read-json.ts'
import { quantity, type VerifiedAccount } from './state.ts'
import { VerificationError } from './verification-error.ts'

/** Calls of validators to it may be free, which only the state at that moment tells. */
const SYSTEM_ADDRESS = '0x0000000000000000000000000000000000001000' as Address

/** @throws VerificationError when the server said something else in one of these fields. */
export function requireSame(said: Json, proven: Json): Json {
  for (const [key, value] of Object.entries(proven)) {
    if (JSON.stringify(said[key]) === JSON.stringify(value)) continue
    throw new VerificationError('wrongAnswer', `the server lied about "${key}"`)
  }
  return proven
}

export function provenAccount(
  address: Address,
  { balance, nonce, codeHash, storageRoot }: VerifiedAccount,
  accountProof: unknown,
  storageProof: readonly Json[],
): Json {
  return {
    address,
    balance: quantity(balance),
    nonce: quantity(nonce),
    codeHash,
    storageHash: storageRoot,
    accountProof,
    storageProof,
  }
}

export function provenBlock({ hash, header }: FinalHeader, sizeBytes: number, transactions: readonly unknown[]): Json {
  return {
    number: quantity(header.height),
    hash,
    parentHash: header.parentHash,
    nonce: '0x0000000000000000',
    mixHash: ZERO_HASH,
    sha3Uncles: EMPTY_OMMERS_HASH,
    logsBloom: toHex(header.logsBloom),
    transactionsRoot: header.transactionsRoot,
    stateRoot: header.stateRoot,
    receiptsRoot: header.receiptsRoot,
    miner: header.miner,
    difficulty: '0x0',
    totalDifficulty: '0x0',
    extraData: toHex(encodeExtraData(header.consensus)),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(timestampOf(header)),
    baseFeePerGas: quantity(header.baseFeePerGas),
    size: quantity(sizeBytes),
    uncles: [],
    transactions,
  }
}

/** `gasPrice` is what it pays, in wei; of a pending one its cap. */
export function provenTransaction(transaction: SignedTransaction, place: Json, gasPrice: string): Json {
  const { type, chainId, yParity, signature } = transaction
  const v = type === 0 ? BigInt(chainId) * 2n + 35n + BigInt(yParity) : BigInt(yParity)
  return {
    ...place,
    type: quantity(type),
    chainId: quantity(chainId),
    nonce: quantity(transaction.nonce),
    to: transaction.to,
    gas: quantity(transaction.gasLimit),
    ...(type === 2 && {
      maxFeePerGas: quantity(transaction.maxFeePerGas),
      maxPriorityFeePerGas: quantity(transaction.maxPriorityFeePerGas),
    }),
    gasPrice,
    value: quantity(transaction.value),
    input: toHex(transaction.data),
    ...(type !== 0 && { accessList: transaction.accessList, yParity: quantity(yParity) }),
    hash: transaction.hash,
    from: transaction.sender,
    v: quantity(v),
    r: quantity(bytesToBigInt(signature.subarray(0, 32))),
    s: quantity(bytesToBigInt(signature.subarray(32))),
  }
}

export const PENDING_PLACE: Json = { blockHash: null, blockNumber: null, blockTimestamp: null, transactionIndex: null }

export function placeOf({ hash, header }: FinalHeader, index: number): Json {
  return {
    blockHash: hash,
    blockNumber: quantity(header.height),
    blockTimestamp: quantity(timestampOf(header)),
    transactionIndex: quantity(index),
  }
}

export function provenReceipt(
  block: FinalHeader,
  transactions: readonly SignedTransaction[],
  receipts: readonly VerifiedReceipt[],
  index: number,
  effectiveGasPrice: string,
): Json {
  const transaction = transactions[index]
  const receipt = receipts[index]
  if (transaction === undefined || receipt === undefined)
    throw new VerificationError('badProof', 'a receipt is missing')
  const { blockTimestamp, ...place } = placeOf(block, index)
  const inBlock = { ...place, transactionHash: transaction.hash }
  const before = receipts.slice(0, index)
  const firstLog = before.reduce((count, { logs }) => count + logs.length, 0)
  return {
    ...inBlock,
    type: quantity(transaction.type),
    status: quantity(receipt.status),
    from: transaction.sender,
    to: transaction.to,
    contractAddress: null,
    gasUsed: quantity(receipt.cumulativeGasUsed - (before.at(-1)?.cumulativeGasUsed ?? 0)),
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    effectiveGasPrice,
    logsBloom: toHex(receipt.logsBloom),
    logs: receipt.logs.map(({ address, topics, data }, offset) => ({
      address,
      topics,
      data: toHex(data),
      blockHash: place['blockHash'],
      blockNumber: place['blockNumber'],
      blockTimestamp,
      transactionHash: transaction.hash,
      transactionIndex: place['transactionIndex'],
      logIndex: quantity(firstLog + offset),
      removed: false,
    })),
  }
}

/** EIP-1559; zero is believed where a call may have been free. */
export function effectivePrice(transaction: SignedTransaction, { header }: FinalHeader, said: unknown): string {
  if (transaction.to === SYSTEM_ADDRESS && said === '0x0') return '0x0'
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction
  const room = maxFeePerGas - header.baseFeePerGas
  return quantity(room < maxPriorityFeePerGas ? maxFeePerGas : header.baseFeePerGas + maxPriorityFeePerGas)
}
