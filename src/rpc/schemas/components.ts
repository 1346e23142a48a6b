/** The parts that results are composed of, as JSON Schema. Objects are closed: a field that is not described fails. */
import type { Schema } from '../parameter.ts'

type Properties = Readonly<Record<string, Schema>>

/** An object of exactly these fields; those of `absent` may be missing. */
export function closed(properties: Properties, absent: Properties = {}): Schema {
  return {
    type: 'object',
    properties: { ...properties, ...absent },
    required: Object.keys(properties),
    additionalProperties: false,
  }
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

/** An object whose keys are no fields, but addresses, nonces or names. */
export function mapOf(values: Schema): Schema {
  return { type: 'object', additionalProperties: values }
}

export function orNull(schema: Schema): Schema {
  return { oneOf: [schema, NULL] }
}

export const NULL: Schema = { type: 'null' }
export const TEXT: Schema = { type: 'string' }
export const FLAG: Schema = { type: 'boolean' }
export const NUMBER: Schema = { type: 'number', minimum: 0 }
export const COUNT: Schema = { type: 'integer', minimum: 0 }
export const QUANTITY = named('Quantity')
export const DATA = named('Data')
export const HASH = named('Hash')
export const ADDRESS = named('Address')
export const BLOCK = named('Block')
export const HEADER = named('Header')
export const LOG = named('Log')
export const TRANSACTION = named('Transaction')
export const PENDING_TRANSACTION = named('PendingTransaction')
export const UNSIGNED_TRANSACTION = named('UnsignedTransaction')
export const RECEIPT = named('Receipt')
export const TIMED_RECEIPT = named('TimedReceipt')
export const ACCESS_LIST = named('AccessList')
export const ACCOUNT_PROOF = named('AccountProof')
export const COMMIT_CERTIFICATE = named('CommitCertificate')

const HEADER_FIELDS: Properties = {
  ...{ number: QUANTITY, hash: HASH, parentHash: HASH, nonce: DATA, mixHash: HASH, sha3Uncles: HASH, logsBloom: DATA },
  ...{ transactionsRoot: HASH, stateRoot: HASH, receiptsRoot: HASH, miner: ADDRESS, difficulty: QUANTITY },
  ...{ totalDifficulty: QUANTITY, extraData: DATA, gasLimit: QUANTITY, gasUsed: QUANTITY, timestamp: QUANTITY },
  baseFeePerGas: QUANTITY,
}

/** What a block has besides its transactions. */
export const BLOCK_FIELDS: Properties = { ...HEADER_FIELDS, size: QUANTITY, uncles: { ...listOf(HASH), maxItems: 0 } }

const CONTENT_FIELDS: Properties = {
  ...{ type: QUANTITY, chainId: QUANTITY, nonce: QUANTITY, to: ADDRESS, gas: QUANTITY, value: QUANTITY, input: DATA },
}

/** Which of them there are depends on the type. */
const TYPE_FIELDS: Properties = {
  ...{ gasPrice: QUANTITY, maxFeePerGas: QUANTITY, maxPriorityFeePerGas: QUANTITY, accessList: ACCESS_LIST },
}

const SIGNED_FIELDS: Properties = {
  ...CONTENT_FIELDS,
  ...{ hash: HASH, from: ADDRESS, gasPrice: QUANTITY, v: QUANTITY, r: QUANTITY, s: QUANTITY },
}

const RECEIPT_FIELDS: Properties = {
  ...{ type: QUANTITY, status: QUANTITY, transactionHash: HASH, transactionIndex: QUANTITY, blockHash: HASH },
  ...{ blockNumber: QUANTITY, from: ADDRESS, to: ADDRESS, contractAddress: NULL, gasUsed: QUANTITY },
  ...{ cumulativeGasUsed: QUANTITY, effectiveGasPrice: QUANTITY, logsBloom: DATA, logs: listOf(LOG) },
}

const PLACE_FIELDS = ['blockHash', 'blockNumber', 'blockTimestamp', 'transactionIndex'] as const

function transaction(place: Properties): Schema {
  return closed({ ...place, ...SIGNED_FIELDS }, { ...omit(TYPE_FIELDS, 'gasPrice'), yParity: QUANTITY })
}

function omit(properties: Properties, name: string): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([each]) => each !== name))
}

function named(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

export const COMPONENTS: Readonly<Record<string, Schema>> = {
  Quantity: { type: 'string', pattern: '^0x(0|[1-9a-f][0-9a-f]{0,63})$' },
  Data: { type: 'string', pattern: '^0x([0-9a-f]{2})*$' },
  Hash: { type: 'string', pattern: '^0x[0-9a-f]{64}$' },
  Address: { type: 'string', pattern: '^0x[0-9a-f]{40}$' },
  Header: closed(HEADER_FIELDS),
  Block: closed({ ...BLOCK_FIELDS, transactions: { oneOf: [listOf(HASH), { ...listOf(TRANSACTION), minItems: 1 }] } }),
  Transaction: transaction({
    blockHash: HASH,
    blockNumber: QUANTITY,
    blockTimestamp: QUANTITY,
    transactionIndex: QUANTITY,
  }),
  PendingTransaction: transaction(Object.fromEntries(PLACE_FIELDS.map((name) => [name, NULL]))),
  UnsignedTransaction: closed({ from: ADDRESS, ...CONTENT_FIELDS }, TYPE_FIELDS),
  AccessList: listOf(closed({ address: ADDRESS, storageKeys: listOf(HASH) })),
  Receipt: closed(RECEIPT_FIELDS),
  TimedReceipt: closed({ ...RECEIPT_FIELDS, timestamp: QUANTITY }),
  Log: closed({
    ...{
      address: ADDRESS,
      topics: { ...listOf(HASH), maxItems: 4 },
      data: DATA,
      blockHash: HASH,
      blockNumber: QUANTITY,
    },
    ...{
      blockTimestamp: QUANTITY,
      transactionHash: HASH,
      transactionIndex: QUANTITY,
      logIndex: QUANTITY,
      removed: FLAG,
    },
  }),
  AccountProof: closed({
    ...{ address: ADDRESS, balance: QUANTITY, nonce: QUANTITY, codeHash: HASH, storageHash: HASH },
    accountProof: listOf(DATA),
    storageProof: listOf(closed({ key: { anyOf: [HASH, QUANTITY] }, value: QUANTITY, proof: listOf(DATA) })),
  }),
  CommitCertificate: closed({
    ...{ epoch: COUNT, view: COUNT, blockHash: HASH, bitmap: DATA, signatures: listOf(DATA) },
  }),
}
