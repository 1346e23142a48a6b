/** Each Ethereum method that can be verified, and how. */
import { bytesToBigInt } from '../base/bytes.ts'
import { type Hash, hashFromBytes } from '../types/ids.ts'
import { addressParam, blockParam, envelopeParam, hashParam, isPending, slotParam } from './caller-params.ts'
import {
  effectivePrice,
  PENDING_PLACE,
  placeOf,
  provenAccount,
  provenBlock,
  provenReceipt,
  provenTransaction,
  requireSame,
} from './proven-json.ts'
import { type Json, readHash, readNatural, readObject } from './read-json.ts'
import { quantity, slotEntry, verifyStorage } from './state.ts'
import { VerificationError } from './verification-error.ts'
import { requireHashOf, type Send, type VerifiedBlock, type VerifiedReader } from './verified-reader.ts'

type Params = readonly unknown[]
type Method = (reader: VerifiedReader, params: Params, send: Send) => Promise<unknown>

/** What the pool holds beyond the chain cannot be proven, but it is never less. */
async function transactionCount(reader: VerifiedReader, params: Params, send: Send): Promise<string> {
  const { nonce } = await reader.account(addressParam(params[0]), blockParam(params[1]))
  if (!isPending(params[1])) return quantity(nonce)
  const said = readNatural(await send('eth_getTransactionCount', params), 'transaction count')
  if (said >= nonce) return quantity(said)
  throw new VerificationError('wrongAnswer', `the next nonce is at least ${nonce}, the server says ${said}`)
}

/** Only what is proven, whatever the server says beside it. */
async function proof(reader: VerifiedReader, params: Params): Promise<unknown> {
  const address = addressParam(params[0])
  const asked = Array.isArray(params[1]) ? (params[1] as unknown[]) : []
  const slots = asked.map(slotParam)
  const { answer, header, account } = await reader.proof(address, asked, blockParam(params[2]))
  const storageProof = slots.map((slot, at) => {
    const value = quantity(bytesToBigInt(verifyStorage(answer, address, slot, header)))
    // As nodes do: 32 bytes come back as they are, anything shorter as a quantity.
    const key = String(asked[at]).length < slot.length ? quantity(BigInt(slot)) : slot
    return { key, value, proof: slotEntry(answer, slot)['proof'] }
  })
  return provenAccount(address, account, readObject(answer, 'account proof')['accountProof'], storageProof)
}

async function block(reader: VerifiedReader, params: Params, send: Send, method: string): Promise<unknown> {
  const asked = blockParam(params[0])
  const id = asked === 'latest' ? (await reader.header(asked)).header.height : asked
  const said = await send(method, [typeof id === 'number' ? quantity(id) : id, params[1] ?? false])
  if (said === null) {
    if (reader.isKnown(id)) throw new VerificationError('wrongAnswer', `block ${id} exists`)
    return null
  }
  const fields = readObject(said, 'block')
  const verified = await reader.block(id)
  const list = Array.isArray(fields['transactions']) ? (fields['transactions'] as unknown[]) : []
  const transactions = verified.transactions.map((transaction, index) => {
    if (params[1] !== true) return transaction.hash
    const { gasPrice } = readObject(list[index], 'transaction')
    return provenTransaction(transaction, placeOf(verified, index), effectivePrice(transaction, verified, gasPrice))
  })
  const { transactions: shown, ...proven } = provenBlock(verified, verified.sizeBytes, transactions)
  requireSame(fields, proven)
  if (list.length !== transactions.length) throw new VerificationError('wrongAnswer', 'transactions are missing')
  transactions.forEach((transaction, index) => {
    if (typeof transaction === 'string') requireSame({ hash: list[index] }, { hash: transaction })
    else requireSame(readObject(list[index], 'transaction'), transaction)
  })
  return { ...proven, transactions: shown }
}

/** Final ones with their block and place; undefined while pending. */
async function locate(reader: VerifiedReader, said: Json, hash: Hash) {
  if (said['blockHash'] === null) {
    reader.requireNotFinal(hash)
    return undefined
  }
  const found: VerifiedBlock = await reader.block(readHash(said['blockHash'], 'block hash'))
  const index = found.transactions.findIndex((transaction) => transaction.hash === hash)
  const transaction = found.transactions[index]
  if (transaction === undefined) throw new VerificationError('wrongAnswer', `${hash} is not in that block`)
  return { block: found, index, transaction }
}

/** Null, unless it was proven to be there. */
function denied(reader: VerifiedReader, hash: Hash): null {
  reader.requireNotFinal(hash)
  return null
}

async function transaction(reader: VerifiedReader, params: Params, send: Send): Promise<unknown> {
  const hash = hashParam(params[0], 'transaction hash')
  const answer = await send('eth_getTransactionByHash', [hash])
  if (answer === null) return denied(reader, hash)
  const said = readObject(answer, 'transaction')
  const found = await locate(reader, said, hash)
  if (found === undefined) {
    const pending = await reader.pendingTransaction(hash)
    return requireSame(said, provenTransaction(pending, PENDING_PLACE, quantity(pending.maxFeePerGas)))
  }
  const price = effectivePrice(found.transaction, found.block, said['gasPrice'])
  return requireSame(said, provenTransaction(found.transaction, placeOf(found.block, found.index), price))
}

async function receipt(reader: VerifiedReader, params: Params, send: Send): Promise<unknown> {
  const hash = hashParam(params[0], 'transaction hash')
  const answer = await send('eth_getTransactionReceipt', [hash])
  if (answer === null) return denied(reader, hash)
  const said = readObject(answer, 'receipt')
  const found = await locate(reader, said, hash)
  if (found === undefined) throw new VerificationError('wrongAnswer', 'a receipt without a block')
  const receipts = await reader.receipts(found.block)
  const price = effectivePrice(found.transaction, found.block, said['effectiveGasPrice'])
  return requireSame(said, provenReceipt(found.block, found.block.transactions, receipts, found.index, price))
}

export const VERIFIED_METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['eth_blockNumber', async (reader) => quantity((await reader.header('latest')).header.height)],
  [
    'eth_getBalance',
    async (reader, params) => quantity((await reader.account(addressParam(params[0]), blockParam(params[1]))).balance),
  ],
  ['eth_getTransactionCount', transactionCount],
  ['eth_getCode', async (reader, params) => reader.code(addressParam(params[0]), blockParam(params[1]))],
  [
    'eth_getStorageAt',
    async (reader, params) =>
      hashFromBytes(await reader.storage(addressParam(params[0]), slotParam(params[1]), blockParam(params[2]))),
  ],
  ['eth_getProof', proof],
  ['eth_getBlockByNumber', (reader, params, send) => block(reader, params, send, 'eth_getBlockByNumber')],
  ['eth_getBlockByHash', (reader, params, send) => block(reader, params, send, 'eth_getBlockByHash')],
  ['eth_getTransactionByHash', transaction],
  ['eth_getTransactionReceipt', receipt],
  [
    'eth_sendRawTransaction',
    async (_, params, send) => requireHashOf(envelopeParam(params[0]), await send('eth_sendRawTransaction', params)),
  ],
])

/**
 * What no proof is asked for: what names the network, which a signature contains, and advice on
 * fees and gas, which a wallet shows before it signs.
 */
export const PASSED_METHODS: ReadonlySet<string> = new Set([
  ...['eth_chainId', 'net_version', 'web3_clientVersion', 'eth_accounts', 'eth_syncing'],
  ...['eth_gasPrice', 'eth_maxPriorityFeePerGas', 'eth_feeHistory', 'eth_estimateGas'],
])
