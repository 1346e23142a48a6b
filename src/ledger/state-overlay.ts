/**
 * A state being changed: what a block writes, over the state it began with. The tries are
 * touched once, by `commit`. One checkpoint at a time, because a transaction calls one module
 * and modules do not call each other.
 */

import { invariant } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import { keccak256Hash } from '../crypto/keccak.ts'
import type { Address, Hash } from '../types/ids.ts'
import { type Account, isEmptyAccount } from './account.ts'
import { WORD_BYTES } from './word.ts'
import type { AccountChange, WorldState } from './world-state.ts'

export class StateOverlay {
  readonly #base: WorldState
  /** Accounts read or written; reading one twice does not decode it twice. */
  readonly #accounts = new Map<Address, Account>()
  readonly #storage = new Map<Address, Map<Hash, Uint8Array>>()
  readonly #written = new Set<Address>()
  readonly #code = new Map<Hash, Uint8Array>()
  #undo: (() => void)[] = []

  constructor(base: WorldState) {
    this.#base = base
  }

  account(address: Address): Account {
    const known = this.#accounts.get(address)
    if (known !== undefined) return known
    const account = this.#base.account(address)
    this.#accounts.set(address, account)
    return account
  }

  setAccount(address: Address, account: Account): void {
    const before = this.account(address)
    this.#undo.push(() => this.#accounts.set(address, before))
    this.#accounts.set(address, account)
    this.#written.add(address)
  }

  /** Adding nothing writes nothing, so no empty account comes into being (EIP-161). */
  credit(address: Address, amount: bigint): void {
    if (amount === 0n) return
    const account = this.account(address)
    this.setAccount(address, { ...account, balance: account.balance + amount })
  }

  debit(address: Address, amount: bigint): void {
    if (amount === 0n) return
    const account = this.account(address)
    const mayOwe = __CANARIES__ && isPlanted('balance-unchecked')
    invariant(account.balance >= amount || mayOwe, 'no balance becomes negative')
    this.setAccount(address, { ...account, balance: account.balance - amount })
  }

  setCode(address: Address, code: Uint8Array): void {
    const codeHash = keccak256Hash(code)
    this.#code.set(codeHash, code)
    this.setAccount(address, { ...this.account(address), codeHash })
  }

  /** 32 bytes, zeros when absent. */
  storage(address: Address, slot: Hash): Uint8Array {
    return this.#storage.get(address)?.get(slot) ?? this.#base.storage(address, slot)
  }

  setStorage(address: Address, slot: Hash, word: Uint8Array): void {
    invariant(word.length === WORD_BYTES, 'a storage word has 32 bytes')
    let slots = this.#storage.get(address)
    if (slots === undefined) {
      slots = new Map()
      this.#storage.set(address, slots)
    }
    const written = slots
    const before = written.get(slot)
    this.#undo.push(before === undefined ? () => written.delete(slot) : () => written.set(slot, before))
    written.set(slot, word)
    this.#written.add(address)
  }

  /** What is written from here on can be reverted, until the next checkpoint. */
  checkpoint(): void {
    this.#undo = []
  }

  /** Back to the last checkpoint. */
  revert(): void {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) undo()
  }

  commit(): WorldState {
    const changes = new Map<Address, AccountChange>()
    for (const address of this.#written) {
      const account = this.account(address)
      const storage = this.#storage.get(address) ?? new Map()
      changes.set(address, { account: isEmptyAccount(account) ? undefined : account, storage })
    }
    return this.#base.with(changes, this.#code)
  }
}
