/** The words of one account's storage, as `StorageMap` needs them. */
import type { Address, Hash } from '../types/ids.ts'
import type { StateOverlay } from './state-overlay.ts'
import type { WorldState } from './world-state.ts'

export interface WordReader {
  /** 32 bytes, zeros when absent. */
  read(slot: Hash): Uint8Array
}

export interface Words extends WordReader {
  write(slot: Hash, word: Uint8Array): void
}

export function wordsOf(overlay: StateOverlay, address: Address): Words {
  return {
    read: (slot) => overlay.storage(address, slot),
    write: (slot, word) => overlay.setStorage(address, slot, word),
  }
}

export function wordsIn(state: WorldState, address: Address): WordReader {
  return { read: (slot) => state.storage(address, slot) }
}
