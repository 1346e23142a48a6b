/** What each method of the public listeners answers. */
import { PROPOSAL_KINDS } from '../../ledger/system/proposals.ts'
import { STANDINGS } from '../../ledger/system/validator-records.ts'
import { EVIDENCE_NUMBER } from '../../types/evidence.ts'
import type { Schema } from '../parameter.ts'
import { PROPOSAL_STATES } from '../validators-module.ts'
import {
  ACCESS_LIST,
  ACCOUNT_PROOF,
  ADDRESS,
  BLOCK,
  BLOCK_FIELDS,
  COMMIT_CERTIFICATE,
  COUNT,
  closed,
  DATA,
  FLAG,
  HASH,
  HEADER,
  LOG,
  listOf,
  mapOf,
  NULL,
  NUMBER,
  orNull,
  PENDING_TRANSACTION,
  QUANTITY,
  RECEIPT,
  TEXT,
  TIMED_RECEIPT,
  TRANSACTION,
  UNSIGNED_TRANSACTION,
} from './components.ts'

const ANY_TRANSACTION = orNull({ oneOf: [TRANSACTION, PENDING_TRANSACTION] })
const PROGRESS = closed({ startingBlock: QUANTITY, currentBlock: QUANTITY, highestBlock: QUANTITY })
const KEPT = closed(
  { disabled: FLAG, oldestBlock: QUANTITY },
  {
    deleteStrategy: closed({ type: { const: 'window' }, retentionBlocks: QUANTITY }),
  },
)
const NO_MAP: Schema = { type: 'object', maxProperties: 0 }

const CHAIN_CONFIG = closed({
  activationTime: COUNT,
  blobSchedule: closed({ baseFeeUpdateFraction: COUNT, max: COUNT, target: COUNT }),
  ...{ chainId: QUANTITY, forkId: DATA, precompiles: NO_MAP, systemContracts: NO_MAP },
})

const BLOCK_DETAILS = closed({
  block: closed({ ...BLOCK_FIELDS, transactionCount: COUNT }),
  issuance: closed({ blockReward: QUANTITY, uncleReward: QUANTITY, issuance: QUANTITY }),
  totalFees: QUANTITY,
})

const HISTORY_PAGE = closed({
  ...{ txs: listOf(TRANSACTION), receipts: listOf(TIMED_RECEIPT), firstPage: FLAG, lastPage: FLAG },
})

const TRACE = closed({
  ...{ type: { const: 'CALL' }, depth: COUNT, from: ADDRESS, to: ADDRESS, value: QUANTITY, input: DATA, output: DATA },
})

const PEER = closed({
  ...{ address: ADDRESS, name: TEXT, connected: FLAG, view: orNull(COUNT), height: orNull(COUNT) },
  ...{ silentMs: orNull(NUMBER), suspected: FLAG, suspicion: orNull(TEXT), divergedAt: orNull(COUNT) },
})

const STATUS = closed({
  ...{ role: { enum: ['validator', 'candidate', 'observer'] }, address: orNull(ADDRESS), faultModel: TEXT, n: COUNT },
  ...{ faultsTolerated: COUNT, quorum: COUNT, epoch: COUNT, view: COUNT, leader: ADDRESS, height: COUNT },
  ...{ headHash: HASH, stateRoot: HASH, highQcView: COUNT, viewTimeoutMs: NUMBER, syncing: FLAG, live: FLAG },
  ...{ reason: orNull(TEXT), validators: listOf(PEER), failuresLeft: COUNT },
})

const MEMBER = closed({
  ...{ address: ADDRESS, consensusKey: DATA, signer: ADDRESS, name: TEXT, peer: TEXT, feeRecipient: ADDRESS },
  ...{ standing: { enum: [...STANDINGS] }, jailed: FLAG, leads: FLAG, addedAt: COUNT, readyAt: COUNT },
  ...{ proposed: COUNT, missed: COUNT, voted: COUNT },
})

const PROPOSAL = closed({
  ...{ id: COUNT, kind: { enum: [...PROPOSAL_KINDS] }, status: { enum: [...PROPOSAL_STATES] } },
  ...{ proposer: orNull(ADDRESS), openedAt: COUNT, subject: orNull(ADDRESS), evidenceId: orNull(HASH) },
  ...{ parameter: orNull(closed({ name: TEXT, value: TEXT })), consensusKey: orNull(DATA), text: TEXT, peer: TEXT },
  ...{ approvals: listOf(ADDRESS), refusals: listOf(ADDRESS) },
})

const EVIDENCE = closed({
  ...{ id: HASH, kind: { enum: Object.keys(EVIDENCE_NUMBER) }, culprit: ADDRESS, epoch: COUNT, view: COUNT },
  evidence: orNull(DATA),
  accepted: orNull(closed({ height: COUNT, transactionHash: orNull(HASH), submitter: ADDRESS })),
})

const SIGNER_STATS = closed({
  ...{ fromBlock: COUNT, toBlock: COUNT, certificates: COUNT },
  validators: listOf(closed({ address: ADDRESS, name: TEXT, proposed: COUNT, certificates: COUNT, signed: COUNT })),
})

const SET_LINK = closed({
  ...{ epoch: COUNT, headers: listOf(DATA), certificate: orNull(COMMIT_CERTIFICATE) },
  validators: orNull(listOf(closed({ address: ADDRESS, consensusKey: DATA, leads: FLAG }))),
})

function byNonce(of: Schema): Schema {
  return closed({ pending: mapOf(of), queued: mapOf(of) })
}

/** Methods that answer alike, by what they answer. */
const GROUPS: readonly (readonly [schema: Schema, names: string])[] = [
  [QUANTITY, 'eth_chainId eth_blockNumber eth_getBalance eth_getTransactionCount eth_estimateGas net_peerCount'],
  [QUANTITY, 'eth_gasPrice eth_maxPriorityFeePerGas eth_baseFee eth_blobBaseFee'],
  [orNull(QUANTITY), 'eth_getBlockTransactionCountByNumber eth_getBlockTransactionCountByHash'],
  [orNull(QUANTITY), 'eth_getUncleCountByBlockNumber eth_getUncleCountByBlockHash'],
  [DATA, 'eth_getCode eth_getStorageAt eth_call debug_getRawHeader debug_getRawBlock ots_getTransactionError'],
  [DATA, 'eth_newFilter eth_newBlockFilter eth_newPendingTransactionFilter eth_subscribe bft_subscribe'],
  [orNull(DATA), 'debug_getRawTransaction'],
  [listOf(DATA), 'debug_getRawReceipts'],
  [HASH, 'eth_sendRawTransaction web3_sha3 bft_submitEvidence'],
  [orNull(HASH), 'ots_getTransactionBySenderAndNonce'],
  [FLAG, 'eth_uninstallFilter eth_unsubscribe bft_unsubscribe net_listening ots_hasCode'],
  [TEXT, 'net_version web3_clientVersion'],
  [COUNT, 'ots_getApiLevel'],
  [NULL, 'ots_getContractCreator'],
  [{ type: 'array', maxItems: 0 }, 'eth_accounts ots_getInternalOperations'],
  [orNull(BLOCK), 'eth_getBlockByNumber eth_getBlockByHash'],
  [orNull(RECEIPT), 'eth_getTransactionReceipt eth_sendRawTransactionSync'],
  [orNull(listOf(RECEIPT)), 'eth_getBlockReceipts'],
  [ANY_TRANSACTION, 'eth_getTransactionByHash eth_getTransactionBySenderAndNonce'],
  [orNull(TRANSACTION), 'eth_getTransactionByBlockNumberAndIndex eth_getTransactionByBlockHashAndIndex'],
  [listOf(LOG), 'eth_getLogs eth_getFilterLogs'],
  [{ anyOf: [listOf(LOG), listOf(HASH)] }, 'eth_getFilterChanges'],
  [orNull(closed({ balance: QUANTITY, nonce: QUANTITY, codeHash: HASH, storageRoot: HASH })), 'eth_getAccount'],
  [ACCOUNT_PROOF, 'eth_getProof'],
  [mapOf(listOf(DATA)), 'eth_getStorageValues'],
  [{ oneOf: [{ const: false }, PROGRESS] }, 'eth_syncing'],
  [closed({ accessList: ACCESS_LIST, gasUsed: QUANTITY }), 'eth_createAccessList'],
  [closed({ raw: DATA, tx: UNSIGNED_TRANSACTION }), 'eth_fillTransaction'],
  [closed({ current: CHAIN_CONFIG, next: NULL, last: NULL }), 'eth_config'],
  [BLOCK_DETAILS, 'ots_getBlockDetails ots_getBlockDetailsByHash'],
  [HISTORY_PAGE, 'ots_searchTransactionsBefore ots_searchTransactionsAfter'],
  [orNull(listOf(TRACE)), 'ots_traceTransaction'],
  [closed({ pending: QUANTITY, queued: QUANTITY }), 'txpool_status'],
  [byNonce(mapOf(PENDING_TRANSACTION)), 'txpool_content'],
  [byNonce(mapOf(TEXT)), 'txpool_inspect'],
  [byNonce(PENDING_TRANSACTION), 'txpool_contentFrom'],
  [STATUS, 'bft_status'],
  [listOf(MEMBER), 'bft_getValidators bft_getCandidates'],
  [listOf(PROPOSAL), 'bft_getProposals'],
  [listOf(EVIDENCE), 'bft_getEvidence'],
  [listOf(HEADER), 'bft_getHeads'],
  [orNull(HEADER), 'eth_getHeaderByNumber eth_getHeaderByHash erigon_getHeaderByNumber'],
  [SIGNER_STATS, 'bft_getSignerStats'],
  [closed({ fromEpoch: COUNT, toEpoch: COUNT, links: listOf(SET_LINK) }), 'bft_getValidatorSetProof'],
  [mapOf(TEXT), 'rpc_modules'],
  [{ type: 'object', required: ['openrpc', 'info', 'methods', 'components'] }, 'rpc.discover'],
  [
    closed({ height: COUNT, hash: HASH, headers: listOf(DATA), certificate: orNull(COMMIT_CERTIFICATE) }),
    'bft_getFinalityProof',
  ],
  [
    closed({
      head: closed({ number: QUANTITY, hash: HASH }),
      ...{ state: KEPT, tx: KEPT, logs: KEPT, receipts: KEPT, blocks: KEPT, stateproofs: KEPT },
    }),
    'eth_capabilities',
  ],
  [
    closed(
      {
        ...{ oldestBlock: QUANTITY, baseFeePerGas: listOf(QUANTITY), gasUsedRatio: listOf(NUMBER) },
        ...{ baseFeePerBlobGas: listOf(QUANTITY), blobGasUsedRatio: listOf(NUMBER) },
      },
      { reward: listOf(listOf(QUANTITY)) },
    ),
    'eth_feeHistory',
  ],
  [
    closed({
      fullblock: closed({ ...BLOCK_FIELDS, transactions: listOf(TRANSACTION), transactionCount: COUNT }),
      receipts: listOf(TIMED_RECEIPT),
    }),
    'ots_getBlockTransactions',
  ],
]

const RESULTS = new Map(GROUPS.flatMap(([schema, names]) => names.split(' ').map((name) => [name, schema] as const)))

/** Anything, for what only the operator's socket offers. */
export function resultSchema(method: string): Schema {
  return RESULTS.get(method) ?? {}
}
