/** What this node follows and what it still holds. */
import { crc32 } from 'node:zlib'
import { defined } from '../../base/invariant.ts'
import type { NodeApi } from '../../node/node-api.ts'
import { timestampOf } from '../../types/header.ts'
import { idBytes } from '../../types/ids.ts'
import { oldestHeight } from '../block-id.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { quantity } from '../serializers/encoding.ts'

/** EIP-7910: one configuration from genesis on, without blobs, precompiles and contracts of the protocol. */
function config({ node }: RpcContext) {
  const genesis = defined(node.headerByHeight(0), 'the genesis block')
  const current = {
    activationTime: timestampOf(genesis.header),
    blobSchedule: { baseFeeUpdateFraction: 0, max: 0, target: 0 },
    chainId: quantity(node.chainId),
    forkId: forkId(node),
    precompiles: {},
    systemContracts: {},
  }
  return { current, next: null, last: null }
}

/** EIP-6122 before any fork: the checksum of the genesis hash. */
function forkId(node: NodeApi): string {
  return `0x${crc32(idBytes(node.genesisHash)).toString(16).padStart(8, '0')}`
}

/** Blocks are kept from the first on, or from where a snapshot began, states for a window. */
function capabilities({ node }: RpcContext) {
  const { hash, header } = node.head()
  const oldest = oldestHeight(node)
  const all = { disabled: false, oldestBlock: quantity(oldest) }
  const recent = {
    disabled: false,
    oldestBlock: quantity(Math.max(oldest, header.height + 1 - node.stateWindowBlocks)),
    deleteStrategy: { type: 'window', retentionBlocks: quantity(node.stateWindowBlocks) },
  }
  return {
    head: { number: quantity(header.height), hash },
    ...{ state: recent, tx: all, logs: all, receipts: all, blocks: all, stateproofs: recent },
  }
}

export const ETH_CONFIG_METHODS: readonly RpcMethod[] = [
  defineMethod('eth_config', [], config),
  defineMethod('eth_capabilities', [], capabilities),
]
