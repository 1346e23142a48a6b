/** Where the chain stands, and what this node is. */
import { defineMethod, type RpcMethod } from '../method.ts'
import { quantity } from '../serializers/encoding.ts'

export const ETH_CHAIN_METHODS: readonly RpcMethod[] = [
  defineMethod('eth_chainId', [], ({ node }) => quantity(node.chainId)),
  defineMethod('eth_blockNumber', [], ({ node }) => quantity(node.head().header.height)),
  defineMethod('eth_accounts', [], () => []),
  defineMethod('eth_syncing', [], ({ node }) => {
    const progress = node.syncProgress()
    if (progress === null) return false
    return {
      startingBlock: quantity(progress.startingHeight),
      currentBlock: quantity(progress.currentHeight),
      highestBlock: quantity(progress.highestHeight),
    }
  }),
]
