/** Where each method of a node has its block parameter. */
const METHODS_BY_POSITION: readonly (readonly string[])[] = [
  [
    ...['eth_getBlockByNumber', 'eth_getHeaderByNumber', 'eth_getBlockReceipts', 'eth_getUncleCountByBlockNumber'],
    ...['eth_getBlockTransactionCountByNumber', 'eth_getTransactionByBlockNumberAndIndex'],
    ...['debug_getRawHeader', 'debug_getRawBlock', 'debug_getRawReceipts'],
    ...['erigon_getHeaderByNumber', 'ots_getBlockDetails', 'ots_getBlockTransactions'],
    ...['bft_getValidators', 'bft_getCandidates', 'bft_getFinalityProof'],
  ],
  [
    ...['eth_getBalance', 'eth_getAccount', 'eth_getTransactionCount', 'eth_getCode', 'eth_getStorageValues'],
    ...['eth_call', 'eth_estimateGas', 'eth_createAccessList', 'eth_feeHistory', 'ots_hasCode'],
  ],
  ['eth_getStorageAt', 'eth_getProof'],
]

/** Undefined for a method that has none. */
export function blockPosition(method: string): number | undefined {
  return POSITIONS.get(method)
}

const POSITIONS: ReadonlyMap<string, number> = new Map(
  METHODS_BY_POSITION.flatMap((methods, position) => methods.map((method) => [method, position] as const)),
)
