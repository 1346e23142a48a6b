/**
 * The network's own account: its storage holds what consensus and governance agree on, each
 * record under a readable key (`storage-map` says where that lies), so it is proven like any storage.
 *
 * | key (name, then padding, then number or address) | record |
 * |---|---|
 * | `validatorSet` | rlp([[address, key, leads], …]) in the order of addresses |
 * | `validator`, `status` + id | see validator-records |
 * | `signer` + address of a key | the id whose key it is, was or will be |
 * | `candidates` | rlp([id, …]) in the order of appointment |
 * | `parameters` | rlp([baseFeePerGas, gasLimit, targetValidators]) |
 * | `schedule` | rlp([epoch, startHeight, startTimeMs, validators, weights, seed]) |
 * | `epochs` + epoch mod 16 | rlp([epoch, validators, weights, seed]) |
 * | `counters` | see counters |
 * | `weights` | one byte for each validator of the next epoch |
 * | `proposal`, `votes` + number | see proposals, proposal-votes |
 * | `proposals`, `open` + number, `topic` + hash, `proposedBy` + id | see open-proposals |
 * | `due`, `waiting`, `newKey` + id | see pending-changes |
 * | `settings` | see decided-settings |
 * | `keyChanges` | see key-changes |
 * | `evidence` + last 20 bytes of its id, `punished` + id | see offences |
 * | `ring` + height mod 256 | rlp([height, hash, stateRoot]) |
 */
import { bigIntToFixedBytes, utf8 } from '../../base/bytes.ts'
import { invariant } from '../../base/invariant.ts'
import { type Address, idBytes } from '../../types/ids.ts'

export const SYSTEM_ADDRESS = '0x0000000000000000000000000000000000001000' as Address

/** EIP-141's INVALID: wallets and explorers take the account for a contract, and none can run it. */
export const MODULE_CODE: Uint8Array = Uint8Array.of(0xfe)

const NAME_BYTES = 12

/** 12 bytes of name, 20 of address or number. */
export function recordKey(name: string, id: Address | number = 0): Uint8Array {
  const key = new Uint8Array(NAME_BYTES + 20)
  const label = utf8(name)
  invariant(label.length <= NAME_BYTES, 'the name of a record has at most 12 bytes')
  key.set(label)
  key.set(typeof id === 'number' ? bigIntToFixedBytes(BigInt(id), 20) : idBytes(id), NAME_BYTES)
  return key
}
