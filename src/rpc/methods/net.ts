/** The network this node is in. */
import { defineMethod, type RpcMethod } from '../method.ts'
import { quantity } from '../serializers/encoding.ts'

export const NET_METHODS: readonly RpcMethod[] = [
  defineMethod('net_version', [], ({ node }) => String(node.chainId)),
  defineMethod('net_listening', [], () => true),
  defineMethod('net_peerCount', [], ({ node }) => quantity(node.peerCount())),
]
