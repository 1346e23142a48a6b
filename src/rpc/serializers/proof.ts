/** Account and storage proofs (EIP-1186). */
import type { StateView } from '../../node/node-api.ts'
import type { Address, Hash } from '../../types/ids.ts'
import { bytesQuantity, data, quantity } from './encoding.ts'

export interface ProvenSlot {
  readonly slot: Hash
  /** As the client wrote it: 32 bytes come back as they are, anything shorter as a quantity. */
  readonly short: boolean
}

export function accountProofJson(state: StateView, address: Address) {
  const account = state.account(address)
  return {
    address,
    balance: quantity(account.balance),
    nonce: quantity(account.nonce),
    codeHash: account.codeHash,
    storageHash: account.storageRoot,
    accountProof: state.accountProof(address).map(data),
  }
}

export function slotProofJson(state: StateView, address: Address, { slot, short }: ProvenSlot) {
  return {
    key: short ? quantity(BigInt(slot)) : slot,
    value: bytesQuantity(state.storageAt(address, slot)),
    proof: state.storageProof(address, slot).map(data),
  }
}
