/**
 * JSON-RPC errors: codes in one table, wording where clients look for it (docs/json-rpc.md, "Errors").
 * Clients classify by message far more than by code, so the messages of rejections pass through as
 * validation and pool wrote them. `data.code` is the number of the catalogue of execution-apis
 * (src/error-groups) where it has one.
 */
import type { Hex } from '../base/bytes.ts'
import type { Rejection } from '../base/rejection.ts'

export const PARSE_ERROR = -32700
export const INVALID_REQUEST = -32600
export const METHOD_NOT_FOUND = -32601
const INVALID_PARAMS = -32602
export const INTERNAL_ERROR = -32603
export const SERVER_ERROR = -32000
export const RESOURCE_NOT_FOUND = -32001
const TRANSACTION_REJECTED = -32003
/** Clients try again after this one: only for what passes by itself. */
export const LIMIT_EXCEEDED = -32005
/** EIP-1474 leaves positive codes free; geth answers a revert with 3. */
const EXECUTION_REVERTED = 3
/** EIP-7966: the wait of eth_sendRawTransactionSync ran out. */
export const RECEIPT_TIMEOUT = 4

/** BOUND: what an error repeats of the client's own words. */
const QUOTE_LENGTH_MAX = 80

/** The answer to one request is this error. Thrown by decoders and methods, caught in json-rpc.ts only. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

interface RejectionAnswer {
  readonly code: number
  /** In the catalogue of execution-apis. */
  readonly catalogue?: number
}

/** Rejection code → answer; a code that is not listed is answered with -32000. */
const ANSWERS: ReadonlyMap<string, RejectionAnswer> = new Map<string, RejectionAnswer>([
  ['nonceTooLow', { code: SERVER_ERROR, catalogue: 1 }],
  ['nonceTooHigh', { code: SERVER_ERROR, catalogue: 2 }],
  ['intrinsicGas', { code: SERVER_ERROR, catalogue: 800 }],
  ['intrinsicGasTooLow', { code: SERVER_ERROR, catalogue: 800 }],
  ['gasLimit', { code: SERVER_ERROR, catalogue: 803 }],
  ['blockGasExceeded', { code: SERVER_ERROR, catalogue: 803 }],
  ['tipAboveCap', { code: SERVER_ERROR, catalogue: 804 }],
  ['feeTooLow', { code: SERVER_ERROR, catalogue: 806 }],
  ['insufficientFunds', { code: SERVER_ERROR, catalogue: 809 }],
  ['signature', { code: SERVER_ERROR, catalogue: 1001 }],
  ['replacement', { code: SERVER_ERROR, catalogue: 1002 }],
  ['malformed', { code: INVALID_PARAMS }],
  ['contractCreation', { code: TRANSACTION_REJECTED }],
  ['unknownBlock', { code: RESOURCE_NOT_FOUND }],
])

export function rejectionError(rejection: Rejection): RpcError {
  const answer = ANSWERS.get(rejection.code) ?? { code: SERVER_ERROR }
  const data = answer.catalogue === undefined ? undefined : { code: answer.catalogue }
  return new RpcError(answer.code, rejection.message, data)
}

export function responseTooLarge(): RpcError {
  return new RpcError(SERVER_ERROR, 'response too large')
}

export function invalidParams(message: string): RpcError {
  return new RpcError(INVALID_PARAMS, message)
}

/** ethers recognises this sentence. */
export function methodNotFound(name: string): RpcError {
  return new RpcError(METHOD_NOT_FOUND, `the method ${quote(name)} does not exist/is not available`)
}

export function executionReverted(reason: string | null, data: Hex): RpcError {
  return new RpcError(
    EXECUTION_REVERTED,
    reason === null ? 'execution reverted' : `execution reverted: ${reason}`,
    data,
  )
}

/** In geth's words. */
export function outOfGas(gas: number): RpcError {
  return new RpcError(SERVER_ERROR, `out of gas: gas required exceeds allowance (${gas})`)
}

/** The client's words, cut to what an answer may repeat. */
export function quote(text: string): string {
  return text.length <= QUOTE_LENGTH_MAX ? text : `${text.slice(0, QUOTE_LENGTH_MAX)}…`
}
