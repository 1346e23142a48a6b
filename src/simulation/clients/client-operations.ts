/** What clients send: signed transactions of every kind that the ledger knows, and some that compete with each other. */
import { EMPTY_BYTES, utf8 } from '../../base/bytes.ts'
import { keccak256, keccak256Hash } from '../../crypto/keccak.ts'
import { signTransaction } from '../../crypto/transaction-codec.ts'
import type { Address, Hash } from '../../types/ids.ts'
import type { Identity } from '../host/simulated-crypto.ts'
import type { Random } from '../random.ts'
import { encodeKeyValueCall, KEY_VALUE_ADDRESS, type KeyValueCall } from './key-value-calls.ts'

export interface Sent {
  readonly hash: Hash
  readonly envelope: Uint8Array
  readonly nonce: number
  /** Wei that it takes at most. */
  readonly cost: bigint
}

export interface OperationContext {
  readonly random: Random
  readonly chainId: number
  readonly clients: readonly Identity[]
  /** Of the sender, as far as some node knows, in wei. */
  readonly balance: bigint
}

const TRANSFER_GAS = 21_000
const CALL_GAS = 400_000
const PRICE = 2n * 10n ** 9n
const TIP_MAX = 1_000_000_000
const COIN = 10n ** 18n
const AMOUNT = COIN / 100_000n
/** Few keys, so that calls meet. */
const KEYS = 3
const VALUES = 4

/** A plain transfer most of the time. */
export function anyOperation(identity: Identity, nonce: number, context: OperationContext): Sent {
  const { random, clients } = context
  const receiver = random.pick(clients) ?? identity
  switch (random.below(20)) {
    case 0:
      return transfer(identity, nonce, identity.address, amount(random), context)
    case 1:
      return transfer(identity, nonce, freshAddress(identity, nonce), 1n, context)
    case 2:
      return transfer(identity, nonce, receiver.address, 0n, context)
    case 3:
    case 4:
    case 5:
    case 6:
      return call(identity, nonce, anyCall(random), 0n, context)
    case 7:
      // The module takes no coins: it reverts, and they stay where they were.
      return call(identity, nonce, anyCall(random), 1n, context)
    default:
      return transfer(identity, nonce, receiver.address, amount(random), context)
  }
}

/** The same nonce at a better price: either of the two may become final. */
export function replacement(identity: Identity, nonce: number, context: OperationContext): Sent {
  const receiver = context.random.pick(context.clients) ?? identity
  return transfer(identity, nonce, receiver.address, amount(context.random), context, 2n)
}

/** More than half of what the sender has: of two such, one can be paid for. */
export function large(identity: Identity, nonce: number, context: OperationContext): Sent {
  const receiver = context.random.pick(context.clients) ?? identity
  return transfer(identity, nonce, receiver.address, (context.balance * 6n) / 10n, context)
}

/** All that the sender has beside the price of sending it. */
export function transferAll(identity: Identity, nonce: number, context: OperationContext): Sent {
  const receiver = context.random.pick(context.clients) ?? identity
  return transfer(identity, nonce, receiver.address, context.balance - BigInt(TRANSFER_GAS) * PRICE, context)
}

function amount(random: Random): bigint {
  return BigInt(random.below(1_000)) * AMOUNT
}

function freshAddress(identity: Identity, nonce: number): Address {
  return `0x${keccak256Hash(utf8(`account ${identity.address} ${nonce}`)).slice(-40)}` as Address
}

function anyCall(random: Random): KeyValueCall {
  const key = keccak256(utf8(`key ${random.below(KEYS)}`))
  const value = contentOf(random.below(VALUES))
  const kind = random.pick(['put', 'remove', 'compareAndSet', 'compareAndSet'] as const)
  if (kind === 'remove') return { kind, key }
  if (kind === 'put') return { kind, key, value }
  // What is there is guessed: the guess is right often enough.
  const guess = random.below(VALUES + 1)
  return { kind, key, value, expectedHash: guess === VALUES ? new Uint8Array(32) : keccak256(contentOf(guess)) }
}

function contentOf(index: number): Uint8Array {
  return utf8('v'.repeat(1 + 20 * index))
}

function call(
  identity: Identity,
  nonce: number,
  keyValueCall: KeyValueCall,
  value: bigint,
  context: OperationContext,
): Sent {
  const data = encodeKeyValueCall(keyValueCall)
  return sign(identity, nonce, { to: KEY_VALUE_ADDRESS, value, data, gasLimit: CALL_GAS }, context, 1n)
}

function transfer(
  identity: Identity,
  nonce: number,
  to: Address,
  value: bigint,
  context: OperationContext,
  priceFactor = 1n,
): Sent {
  return sign(identity, nonce, { to, value, data: EMPTY_BYTES, gasLimit: TRANSFER_GAS }, context, priceFactor)
}

function sign(
  identity: Identity,
  nonce: number,
  fields: {
    readonly to: Address
    readonly value: bigint
    readonly data: Uint8Array
    readonly gasLimit: number
  },
  { random, chainId }: OperationContext,
  priceFactor: bigint,
): Sent {
  const envelope = signTransaction(
    {
      type: 2,
      chainId,
      nonce,
      ...fields,
      accessList: [],
      maxFeePerGas: PRICE * priceFactor,
      maxPriorityFeePerGas: BigInt(1 + random.below(TIP_MAX)) * priceFactor,
    },
    identity.signer,
  )
  const cost = fields.value + BigInt(fields.gasLimit) * PRICE * priceFactor
  return { hash: keccak256Hash(envelope), envelope, nonce, cost }
}
