/** The agreement, as no Ethereum client asks for it. Numbers here are JSON numbers: people read them. */
import { defineMethod, type RpcMethod } from '../method.ts'
import { data } from '../serializers/encoding.ts'

export const BFT_METHODS: readonly RpcMethod[] = [
  defineMethod('bft_status', [], ({ node }) => node.status()),
  defineMethod('bft_getValidators', [], ({ node }) =>
    node.validators().map((validator) => ({ ...validator, consensusKey: data(validator.consensusKey) })),
  ),
]
