/**
 * Every bound of the RPC server in one place: what a client may send, hold open and make the node
 * work on. `createRpcServer` takes deviations from these defaults.
 */
import { GOVERNANCE_CALL_GAS } from '../ledger/gas.ts'

export interface RpcLimits {
  /** Of what stands before an HTTP body. */
  readonly headerBytesMax: number
  /** Of an HTTP body and of a WebSocket message, counted while it streams in. */
  readonly requestBytesMax: number
  /** Of one HTTP body or WebSocket message that goes out, errors of a batch included. */
  readonly responseBytesMax: number
  /** Of requests that are being answered, all clients together; beyond it they are refused. */
  readonly requestBytesHeldMax: number
  /** Of answers that are not read yet, all clients together; beyond it who leaves most unread is cut off. */
  readonly answerBytesHeldMax: number
  readonly batchItemsMax: number
  /** Objects and arrays inside each other, the batch included. */
  readonly jsonNestingMax: number
  /** Open TCP connections, HTTP and WebSocket together. */
  readonly connectionsMax: number
  readonly subscriptionsPerSocketMax: number
  /** Addresses and topics in all subscriptions of one WebSocket. */
  readonly subscriptionCriteriaMax: number
  /** Messages of one WebSocket that are being answered; at this number its reading pauses. */
  readonly inFlightPerSocketMax: number
  /** Bytes a WebSocket client may leave unread before it is closed with 1013. */
  readonly unreadBytesMax: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  /** A kept-alive connection without a request. */
  readonly keepAliveTimeoutMs: number
  /** A connection on which nothing moves, such as a client that does not read its answer. */
  readonly inactivityTimeoutMs: number
  readonly pingIntervalMs: number
  /** How long `stop` waits for requests in flight. */
  readonly stopTimeoutMs: number
  /** Expensive requests waiting for their turn; beyond it they are refused. */
  readonly queuedJobsMax: number
  /** Blocks times WebSockets to be told of them; a WebSocket that finds no room is closed. */
  readonly queuedDeliveriesMax: number
  /** Filters that clients poll; the one polled longest ago is forgotten for a new one. */
  readonly filtersMax: number
  readonly filterTtlMs: number
  /** Addresses and topics in all filters together; those polled longest ago are forgotten for a new one. */
  readonly filterCriteriaMax: number
  /** Pending transactions kept for one filter between two polls; later ones are not told. */
  readonly filterPendingMax: number
  /** Of one call, which holds the loop until it ends; no call of the validators takes so much. */
  readonly callGasMax: number
  readonly logsMax: number
  readonly logRangeBlocksMax: number
  /** Alternatives in an address list or in one topic position. */
  readonly logAlternativesMax: number
  readonly feeHistoryBlocksMax: number
  /** Headers in one answer of bft_getHeads. */
  readonly headsMax: number
  /** Epochs that one answer of bft_getValidatorSetProof leads across. */
  readonly epochLinksMax: number
  /** Pieces of evidence in one answer. */
  readonly evidenceMax: number
  /** Proposals in one answer. */
  readonly proposalsMax: number
  readonly signerStatsBlocksMax: number
  readonly proofKeysMax: number
  /** Of all accounts of one eth_getStorageValues together. */
  readonly storageSlotsMax: number
  /** Transactions of an address in one page; the last block of it is shown whole. */
  readonly historyPageMax: number
  /** Transactions of an address that are looked through for one nonce. */
  readonly historyScanMax: number
  /** The longest that eth_sendRawTransactionSync waits, and what it waits when not told. */
  readonly receiptWaitMaxMs: number
  readonly receiptWaitDefaultMs: number
  /** How long the answer to eth_getTransactionReceipt waits for a transaction that is in the pool. */
  readonly receiptHoldMs: number
  /** Callers waiting for receipts. */
  readonly receiptWaitersMax: number
}

export const DEFAULT_LIMITS: RpcLimits = {
  headerBytesMax: 16 * 1024,
  requestBytesMax: 1024 * 1024,
  responseBytesMax: 16 * 1024 * 1024,
  requestBytesHeldMax: 32 * 1024 * 1024,
  answerBytesHeldMax: 256 * 1024 * 1024,
  batchItemsMax: 100,
  jsonNestingMax: 16,
  connectionsMax: 256,
  subscriptionsPerSocketMax: 64,
  subscriptionCriteriaMax: 4_096,
  inFlightPerSocketMax: 128,
  unreadBytesMax: 16 * 1024 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 65_000,
  inactivityTimeoutMs: 90_000,
  pingIntervalMs: 15_000,
  stopTimeoutMs: 5_000,
  queuedJobsMax: 1_024,
  queuedDeliveriesMax: 4_096,
  filtersMax: 1_024,
  filterTtlMs: 300_000,
  filterCriteriaMax: 65_536,
  filterPendingMax: 4_096,
  callGasMax: GOVERNANCE_CALL_GAS,
  logsMax: 10_000,
  logRangeBlocksMax: 100_000,
  logAlternativesMax: 1_000,
  feeHistoryBlocksMax: 1_024,
  headsMax: 1_024,
  epochLinksMax: 256,
  evidenceMax: 100,
  proposalsMax: 100,
  signerStatsBlocksMax: 1_024,
  proofKeysMax: 1_024,
  storageSlotsMax: 1_024,
  historyPageMax: 100,
  historyScanMax: 100_000,
  receiptWaitMaxMs: 60_000,
  receiptWaitDefaultMs: 20_000,
  receiptHoldMs: 1_000,
  receiptWaitersMax: 10_000,
}
