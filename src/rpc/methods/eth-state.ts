/** Accounts and their storage at a block, with proofs. */
import { isEmptyAccount } from '../../ledger/account.ts'
import type { StateView } from '../../node/node-api.ts'
import type { Address, Hash } from '../../types/ids.ts'
import { type BlockId, blockParameter, heightOf, stateOf } from '../block-id.ts'
import { invalidParams, quote } from '../errors.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asAddress, asArray, asObject, asSlot, asText, required } from '../params.ts'
import { data, quantity } from '../serializers/encoding.ts'
import { accountProofJson, type ProvenSlot, slotProofJson } from '../serializers/proof.ts'

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

/** What is read of each in one state, in slices. @throws RpcError when the state is pruned meanwhile, too. */
function readEach<T, R>(
  { node, work }: RpcContext,
  items: readonly T[],
  block: BlockId,
  read: (state: StateView, item: T) => R,
): Promise<R[]> {
  const id: BlockId = { by: 'height', height: heightOf(node, block) }
  const state = stateOf(node, id)
  return work.collect(0, items.length, (at) => {
    stateOf(node, id)
    return read(state, items[at] as T)
  })
}

async function storageValues(context: RpcContext, accounts: readonly SlotsOfAccount[], block: BlockId) {
  const { storageSlotsMax } = context.limits
  const wanted = accounts.flatMap(({ address: of, slots }) => slots.map((slot) => ({ of, slot })))
  if (wanted.length === 0) throw invalidParams('empty request')
  if (wanted.length > storageSlotsMax) throw invalidParams(`too many slots, at most ${storageSlotsMax}`)
  const values = await readEach(context, wanted, block, (state, { of, slot }) => data(state.storageAt(of, slot)))
  return Object.fromEntries(accounts.map(({ address: of, slots }) => [of, values.splice(0, slots.length)]))
}

async function proof(context: RpcContext, of: Address, slots: readonly ProvenSlot[], block: BlockId) {
  const { node, limits } = context
  if (slots.length > limits.proofKeysMax) throw invalidParams(`too many keys, at most ${limits.proofKeysMax}`)
  const id: BlockId = { by: 'height', height: heightOf(node, block) }
  const account = accountProofJson(stateOf(node, id), of)
  return {
    ...account,
    storageProof: await readEach(context, slots, id, (state, slot) => slotProofJson(state, of, slot)),
  }
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
    proof,
    'expensive',
  ),
]
