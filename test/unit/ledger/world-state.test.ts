import { createMPT, verifyMPTWithMerkleProof } from '@ethereumjs/mpt'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bigIntToBytes, bigIntToFixedBytes, toHex } from '../../../src/base/bytes.ts'
import { encodeRlp } from '../../../src/codec/rlp.ts'
import { keccak256 } from '../../../src/crypto/keccak.ts'
import { type Account, EMPTY_ACCOUNT, EMPTY_CODE_HASH, EMPTY_STORAGE_ROOT } from '../../../src/ledger/account.ts'
import { StateOverlay } from '../../../src/ledger/state-overlay.ts'
import { WorldState } from '../../../src/ledger/world-state.ts'
import { type Address, type Hash, hashFromBytes, idBytes } from '../../../src/types/ids.ts'
import { addressOf } from './fixtures.ts'
import { MemorySource } from './memory-source.ts'

type Change =
  | { readonly kind: 'credit'; readonly account: number; readonly amount: bigint }
  | { readonly kind: 'nonce'; readonly account: number; readonly nonce: number }
  | { readonly kind: 'store'; readonly account: number; readonly slot: number; readonly value: bigint }

const account = fc.integer({ min: 0, max: 11 })
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('credit' as const), account, amount: fc.bigInt({ min: 0n, max: 2n ** 90n }) }),
  fc.record({ kind: fc.constant('nonce' as const), account, nonce: fc.integer({ min: 1, max: 2 ** 40 }) }),
  fc.record({
    kind: fc.constant('store' as const),
    account,
    slot: fc.integer({ min: 0, max: 6 }),
    value: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })),
  }),
)
const blocks = fc.array(fc.array(change, { maxLength: 12 }), { minLength: 1, maxLength: 6 })

function slotOf(n: number): Hash {
  return hashFromBytes(bigIntToFixedBytes(BigInt(n), 32))
}

function after(state: WorldState, changes: readonly Change[]): WorldState {
  const overlay = new StateOverlay(state)
  for (const each of changes) {
    const address = addressOf(each.account)
    if (each.kind === 'credit') overlay.credit(address, each.amount)
    else if (each.kind === 'nonce') overlay.setAccount(address, { ...overlay.account(address), nonce: each.nonce })
    // Only accounts that exist have storage.
    else if (overlay.account(address).nonce > 0)
      overlay.setStorage(address, slotOf(each.slot), bigIntToFixedBytes(each.value, 32))
  }
  return overlay.commit()
}

/** The same content in the tries of @ethereumjs/mpt. */
class Oracle {
  readonly accounts = new Map<Address, { nonce: number; balance: bigint; storage: Map<Hash, bigint> }>()

  apply(changes: readonly Change[]): void {
    for (const each of changes) {
      const address = addressOf(each.account)
      const held = this.accounts.get(address) ?? { nonce: 0, balance: 0n, storage: new Map<Hash, bigint>() }
      if (each.kind === 'credit') held.balance += each.amount
      else if (each.kind === 'nonce') held.nonce = each.nonce
      else if (held.nonce > 0) held.storage.set(slotOf(each.slot), each.value)
      if (held.nonce > 0 || held.balance > 0n) this.accounts.set(address, held)
    }
  }

  async trie() {
    const trie = await createMPT({ useKeyHashing: true })
    for (const [address, { nonce, balance, storage }] of this.accounts) {
      const slots = await createMPT({ useKeyHashing: true })
      for (const [slot, value] of storage)
        if (value > 0n) await slots.put(idBytes(slot), encodeRlp(bigIntToBytes(value)))
      const fields = [bigIntToBytes(BigInt(nonce)), bigIntToBytes(balance), slots.root(), idBytes(EMPTY_CODE_HASH)]
      await trie.put(idBytes(address), encodeRlp(fields))
    }
    return trie
  }
}

describe('WorldState', () => {
  test('has the root that @ethereumjs/mpt computes, whatever the history', async () => {
    await fc.assert(
      fc.asyncProperty(blocks, async (history) => {
        const oracle = new Oracle()
        let state = WorldState.empty()
        for (const changes of history) {
          state = after(state, changes)
          oracle.apply(changes)
        }
        expect(state.root).toBe(toHex((await oracle.trie()).root()))
      }),
      { numRuns: 60 },
    )
  })

  test('read cold from what a store kept, is the state that was written, and nothing else is kept', () => {
    fc.assert(
      fc.property(blocks, (history) => {
        const source = new MemorySource()
        let warm = WorldState.empty(source)
        for (const changes of history) {
          const next = after(warm, changes)
          source.write(next.changesSince(warm))
          warm = next
        }
        const cold = WorldState.at(warm.root, source)
        for (let n = 0; n < 12; n++) {
          expect(cold.account(addressOf(n))).toEqual(warm.account(addressOf(n)))
          for (let slot = 0; slot < 7; slot++)
            expect(cold.storage(addressOf(n), slotOf(slot))).toEqual(warm.storage(addressOf(n), slotOf(slot)))
        }
        const extra = after(cold, [{ kind: 'credit', account: 3, amount: 7n }])
        expect(extra.root).toBe(after(warm, [{ kind: 'credit', account: 3, amount: 7n }]).root)
        const whole = new MemorySource()
        whole.write(after(WorldState.empty(), history.flat()).changesSince(WorldState.empty()))
        expect(new Set(source.nodes.keys())).toEqual(new Set(whole.nodes.keys()))
      }),
      { numRuns: 60 },
    )
  })

  test('an earlier state stays what it was while later ones are derived from it', () => {
    const first = after(WorldState.empty(), [{ kind: 'nonce', account: 1, nonce: 5 }])
    const one = after(first, [{ kind: 'store', account: 1, slot: 1, value: 9n }])
    const other = after(first, [{ kind: 'store', account: 1, slot: 1, value: 8n }])
    expect(first.storage(addressOf(1), slotOf(1))).toEqual(new Uint8Array(32))
    expect([one, other].map((state) => state.storage(addressOf(1), slotOf(1))[31])).toEqual([9, 8])
  })

  test('its proofs of accounts, slots and absence convince @ethereumjs/mpt', async () => {
    const state = after(WorldState.empty(), [
      ...Array.from({ length: 12 }, (_, n) => ({ kind: 'nonce' as const, account: n, nonce: n + 1 })),
      ...Array.from({ length: 6 }, (_, n) => ({ kind: 'store' as const, account: 2, slot: n, value: BigInt(n + 1) })),
    ])
    const trie = await createMPT({ useKeyHashing: false })
    const prove = (root: Hash, key: Hash | Address, proof: readonly Uint8Array[]) =>
      verifyMPTWithMerkleProof(trie, idBytes(root), keccak256(idBytes(key)), [...proof])
    const held: Account = state.account(addressOf(2))
    expect(await prove(state.root, addressOf(2), state.accountProof(addressOf(2)))).not.toBeNull()
    expect(await prove(state.root, addressOf(99), state.accountProof(addressOf(99)))).toBeNull()
    const present = await prove(held.storageRoot, slotOf(3), state.storageProof(addressOf(2), slotOf(3)))
    expect(present).toEqual(encodeRlp(Uint8Array.of(4)))
    expect(await prove(held.storageRoot, slotOf(6), state.storageProof(addressOf(2), slotOf(6)))).toBeNull()
    expect(state.storageProof(addressOf(5), slotOf(0))).toEqual([])
  })

  test('an account that ends up empty is not there (EIP-161)', () => {
    const some = after(WorldState.empty(), [{ kind: 'credit', account: 1, amount: 5n }])
    const overlay = new StateOverlay(some)
    overlay.debit(addressOf(1), 5n)
    expect(overlay.commit().root).toBe(EMPTY_STORAGE_ROOT)
    expect(some.account(addressOf(9))).toBe(EMPTY_ACCOUNT)
  })

  test('what an overlay wrote after its checkpoint is gone after a revert, what came before is not', () => {
    const overlay = new StateOverlay(WorldState.empty())
    overlay.credit(addressOf(1), 5n)
    overlay.setStorage(addressOf(1), slotOf(1), bigIntToFixedBytes(1n, 32))
    overlay.checkpoint()
    overlay.debit(addressOf(1), 5n)
    overlay.setStorage(addressOf(1), slotOf(1), bigIntToFixedBytes(2n, 32))
    overlay.setStorage(addressOf(1), slotOf(2), bigIntToFixedBytes(3n, 32))
    overlay.revert()
    const state = overlay.commit()
    expect(state.account(addressOf(1)).balance).toBe(5n)
    expect(state.storage(addressOf(1), slotOf(1))[31]).toBe(1)
    expect(state.storage(addressOf(1), slotOf(2))).toEqual(new Uint8Array(32))
  })
})
