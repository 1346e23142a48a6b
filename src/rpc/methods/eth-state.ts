/** Accounts and their storage at a block, with proofs. */
import { blockParameter, stateOf } from '../block-id.ts'
import { invalidParams } from '../errors.ts'
import { defineMethod, type RpcMethod } from '../method.ts'
import { asAddress, asArray, asSlot, asText, required } from '../params.ts'
import { data, quantity } from '../serializers/encoding.ts'
import { type ProvenSlot, proofJson } from '../serializers/proof.ts'

const address = required('address', asAddress)

function asProvenSlot(value: unknown, what: string): ProvenSlot {
  const slot = asSlot(value, what)
  return { slot, short: asText(value, what).length < slot.length }
}

export const ETH_STATE_METHODS: readonly RpcMethod[] = [
  defineMethod('eth_getBalance', [address, blockParameter], ({ node }, of, block) =>
    quantity(stateOf(node, block).account(of).balance),
  ),
  defineMethod('eth_getTransactionCount', [address, blockParameter], ({ node }, of, block) => {
    const inPool = block.by === 'head' && block.pending
    return quantity(inPool ? node.pendingNonce(of) : stateOf(node, block).account(of).nonce)
  }),
  defineMethod('eth_getCode', [address, blockParameter], ({ node }, of, block) => data(stateOf(node, block).code(of))),
  defineMethod('eth_getStorageAt', [address, required('slot', asSlot), blockParameter], ({ node }, of, slot, block) =>
    data(stateOf(node, block).storageAt(of, slot)),
  ),
  defineMethod(
    'eth_getProof',
    [address, required('storageKeys', asArray(asProvenSlot, Number.POSITIVE_INFINITY)), blockParameter],
    ({ node, limits }, of, slots, block) => {
      if (slots.length > limits.proofKeysMax) throw invalidParams(`too many keys, at most ${limits.proofKeysMax}`)
      return proofJson(stateOf(node, block), of, slots)
    },
    'expensive',
  ),
]
