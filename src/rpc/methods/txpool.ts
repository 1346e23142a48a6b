/** The pool of transactions that are not final yet. */
import { defineMethod, type RpcMethod } from '../method.ts'
import { quantity } from '../serializers/encoding.ts'

export const TXPOOL_METHODS: readonly RpcMethod[] = [
  defineMethod('txpool_status', [], ({ node }) => {
    const { pending, queued } = node.poolStatus()
    return { pending: quantity(pending), queued: quantity(queued) }
  }),
]
