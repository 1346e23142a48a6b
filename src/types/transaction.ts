/**
 * Ethereum's signed transactions: EIP-155 legacy (0), EIP-2930 (1), EIP-1559 (2).
 * Types 0 and 1 carry one gas price; it stands here as both caps.
 */
import type { Address, Hash } from './ids.ts'

export type TransactionType = 0 | 1 | 2

export interface AccessListEntry {
  readonly address: Address
  readonly storageKeys: readonly Hash[]
}

/** What a sender decides on; the rest of a transaction follows from it and the key. */
export interface TransactionFields {
  readonly type: TransactionType
  readonly chainId: number
  readonly nonce: number
  readonly gasLimit: number
  /** Null would create a contract: refused at admission. */
  readonly to: Address | null
  /** Wei. */
  readonly value: bigint
  readonly data: Uint8Array
  /** Empty for type 0. */
  readonly accessList: readonly AccessListEntry[]
  /** Wei per gas; the gas price of types 0 and 1. */
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** A decoded envelope; nothing about it is checked but its form. */
export interface Transaction extends TransactionFields {
  /** keccak256 of the envelope. */
  readonly hash: Hash
  /** The signed bytes exactly as received. */
  readonly envelope: Uint8Array
  readonly yParity: 0 | 1
  /** 64 bytes r‖s. */
  readonly signature: Uint8Array
  /** keccak256 of what was signed. */
  readonly signingDigest: Uint8Array
}

/** A transaction whose form, chain and signature are right: its sender is known. */
export interface SignedTransaction extends Transaction {
  readonly to: Address
  readonly sender: Address
}
