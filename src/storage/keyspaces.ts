/**
 * What the key-value store holds, each kind under its own first byte. Numbers are big-endian,
 * so that keys of one kind lie in the order of height and index.
 */

import { bytesField, restField, textField, uint32Field, uint64Field } from './key-fields.ts'
import { Keyspace } from './keyspace.ts'

const address = bytesField(20)
const hash = bytesField(32)
const height = uint64Field
const epoch = uint64Field
/** Of a transaction in its block, or of an entry in a list. */
const index = uint32Field
/** Nibbles from the root, one per byte. */
const path = restField

/** By name: the sentinel (genesis hash, schema, height, state root) and what else there is once. */
export const META = new Keyspace(0x00, [textField])

/** Encoded nodes of the account trie. */
export const ACCOUNT_NODES = new Keyspace(0x10, [path, hash])
/** Encoded nodes of an account's storage trie, under the hash of its address. */
export const STORAGE_NODES = new Keyspace(0x11, [hash, path, hash])
/** Keys of nodes that the block at this height left behind; they go when its state leaves the window. */
export const STALE_NODES = new Keyspace(0x12, [height])
/** Code of accounts by its hash. */
export const CODE = new Keyspace(0x13, [hash])

export const HEADERS = new Keyspace(0x20, [height])
/** Where the journal holds the block. */
export const BLOCK_POSITIONS = new Keyspace(0x21, [height])
/** Where the journal holds the proof that made exactly this block final. */
export const FINALITY_POSITIONS = new Keyspace(0x24, [height])
export const HEIGHTS_BY_HASH = new Keyspace(0x22, [hash])
export const RECEIPTS = new Keyspace(0x23, [height])
/** Height of the last block of an epoch. */
export const EPOCH_ENDS = new Keyspace(0x25, [epoch])
/** Validators by the hash that headers name them by: as long as there are headers, whatever the state still holds. */
export const VALIDATOR_SETS = new Keyspace(0x26, [hash])

/** Height and index of a transaction by its hash. */
export const TRANSACTION_LOOKUP = new Keyspace(0x30, [hash])
/** Transactions that touch an address; the key says all. */
export const ADDRESS_INDEX = new Keyspace(0x31, [address, height, index])
