/** The client, and its hash function. */
import { keccak256Hash } from '../../crypto/keccak.ts'
import { defineMethod, type RpcMethod } from '../method.ts'
import { asBytes, required } from '../params.ts'

export const WEB3_METHODS: readonly RpcMethod[] = [
  defineMethod('web3_clientVersion', [], ({ node }) => node.clientVersion),
  defineMethod('web3_sha3', [required('data', asBytes)], (_, bytes) => keccak256Hash(bytes)),
]
