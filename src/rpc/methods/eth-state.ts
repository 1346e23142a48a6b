/** Accounts and their storage at a block, with proofs. */
import { isEmptyAccount } from '../../ledger/account.ts'
import type { Address, Hash } from '../../types/ids.ts'
import { type BlockId, blockParameter, stateOf } from '../block-id.ts'
import { invalidParams, quote } from '../errors.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asAddress, asArray, asObject, asSlot, asText, required } from '../params.ts'
import { data, quantity } from '../serializers/encoding.ts'
import { type ProvenSlot, proofJson } from '../serializers/proof.ts'

const address = required('address', asAddress)

function asProvenSlot(value: unknown, what: string): ProvenSlot {
  const slot = asSlot(value, what)
  return { slot, short: asText(value, what).length < slot.length }
}

interface SlotsOfAccount {
  readonly address: Address
  readonly slots: readonly Hash[]
}

function asSlotsByAccount(value: unknown, what: string): readonly SlotsOfAccount[] {
  const asSlots = asArray(asSlot, Number.POSITIVE_INFINITY)
  return Object.entries(asObject(value, what)).map(([key, slots]) => ({
    address: asAddress(key, what),
    slots: asSlots(slots, `${what}.${quote(key)}`),
  }))
}

function storageValues({ node, limits }: RpcContext, accounts: readonly SlotsOfAccount[], block: BlockId) {
  const count = accounts.reduce((sum, { slots }) => sum + slots.length, 0)
  if (count === 0) throw invalidParams('empty request')
  if (count > limits.storageSlotsMax) throw invalidParams(`too many slots, at most ${limits.storageSlotsMax}`)
  const state = stateOf(node, block)
  return Object.fromEntries(
    accounts.map(({ address: of, slots }) => [of, slots.map((slot) => data(state.storageAt(of, slot)))]),
  )
}

/** Null for nobody: there are no empty accounts (EIP-161). */
function accountOrNull({ node }: RpcContext, of: Address, block: BlockId) {
  const account = stateOf(node, block).account(of)
  if (isEmptyAccount(account)) return null
  const { balance, nonce, codeHash, storageRoot } = account
  return { balance: quantity(balance), nonce: quantity(nonce), codeHash, storageRoot }
}

export const ETH_STATE_METHODS: readonly RpcMethod[] = [
  defineMethod('eth_getBalance', [address, blockParameter], ({ node }, of, block) =>
    quantity(stateOf(node, block).account(of).balance),
  ),
  defineMethod('eth_getAccount', [address, blockParameter], accountOrNull),
  defineMethod('eth_getTransactionCount', [address, blockParameter], ({ node }, of, block) => {
    const inPool = block.by === 'head' && block.pending
    return quantity(inPool ? node.pendingNonce(of) : stateOf(node, block).account(of).nonce)
  }),
  defineMethod('eth_getCode', [address, blockParameter], ({ node }, of, block) => data(stateOf(node, block).code(of))),
  defineMethod('eth_getStorageAt', [address, required('slot', asSlot), blockParameter], ({ node }, of, slot, block) =>
    data(stateOf(node, block).storageAt(of, slot)),
  ),
  defineMethod(
    'eth_getStorageValues',
    [required('requests', asSlotsByAccount), blockParameter],
    storageValues,
    'expensive',
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
