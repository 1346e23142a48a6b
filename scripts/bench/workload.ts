/**
 * Signed transactions, made before they are measured: signing is the client's work, and here the
 * client shares the machine with what it measures. Signed by native libsecp256k1, 60 µs each.
 */
import { createRequire } from 'node:module'
import type * as Secp256k1 from 'secp256k1'
import { encodeFunctionData, parseAbi } from 'viem'
import { EMPTY_BYTES, fromHex, type Hex, toHex } from '../../src/base/bytes.ts'
import { type DevAccount, devAccounts } from '../../src/cli/supervision/dev-accounts.ts'
import { keccak256Hash } from '../../src/crypto/keccak.ts'
import type { Signer } from '../../src/crypto/secp256k1.ts'
import { signTransaction } from '../../src/crypto/transaction-codec.ts'
import { keyValue } from '../../src/ledger/modules/key-value.ts'
import type { Address, Hash } from '../../src/types/ids.ts'
import type { Workload } from './options.ts'

export interface SignedRequest {
  readonly hash: Hash
  readonly envelope: Hex
}

interface Sender {
  readonly signer: Signer
  readonly recipient: (nonce: number) => Address
  nextNonce: number
  readonly ready: SignedRequest[]
}

const PUT = parseAbi(['function put(bytes32 key, bytes value)'])
const VALUE_BYTES = 64
/** Different keys that an account writes to. */
const KEYS = 256
const GWEI = 10n ** 9n

/** The same accounts as those of the network under test, each with its nonces in order. */
export class SigningDesk {
  readonly #workload: Workload
  readonly #chainId: number
  readonly #senders: readonly Sender[]
  /** Signed while the clock ran, because a phase was faster than foreseen. */
  signedLate = 0

  /** `recipient` of a transfer, by the place of its sender and its nonce: the next account, unless said otherwise. */
  constructor(
    workload: Workload,
    chainId: number,
    accounts: readonly DevAccount[],
    recipient = (sender: number, _nonce: number): Address =>
      (accounts[(sender + 1) % accounts.length] ?? { address: keyValue.address }).address,
  ) {
    this.#workload = workload
    this.#chainId = chainId
    this.#senders = accounts.map(({ privateKey }, i) => ({
      signer: nativeSigner(privateKey),
      recipient: (nonce) => recipient(i, nonce),
      nextNonce: 0,
      ready: [],
    }))
  }

  get accounts(): number {
    return this.#senders.length
  }

  /** Signs until every account has this many in hand. */
  prepare(perAccount: number): void {
    for (const sender of this.#senders) while (sender.ready.length < perAccount) sender.ready.push(this.#sign(sender))
  }

  take(account: number): SignedRequest {
    const sender = this.#senders[account]
    if (sender === undefined) throw new Error(`there is no account ${account}`)
    const ready = sender.ready.shift()
    if (ready !== undefined) return ready
    this.signedLate += 1
    return this.#sign(sender)
  }

  #sign(sender: Sender): SignedRequest {
    const nonce = sender.nextNonce++
    const call =
      this.#workload === 'transfer'
        ? { to: sender.recipient(nonce), value: 1n, data: EMPTY_BYTES, gasLimit: 21_000 }
        : { to: keyValue.address, value: 0n, data: putData(nonce), gasLimit: 200_000 }
    const envelope = signTransaction(
      {
        type: 2,
        chainId: this.#chainId,
        nonce,
        ...call,
        accessList: [],
        maxFeePerGas: 100n * GWEI,
        maxPriorityFeePerGas: GWEI,
      },
      sender.signer,
    )
    return { hash: keccak256Hash(envelope), envelope: toHex(envelope) }
  }
}

export function benchAccounts(count: number): readonly DevAccount[] {
  return devAccounts(count)
}

function putData(nonce: number): Uint8Array {
  const key: Hex = `0x${(nonce % KEYS).toString(16).padStart(64, '0')}`
  const data = encodeFunctionData({
    abi: PUT,
    functionName: 'put',
    args: [key, toHex(new Uint8Array(VALUE_BYTES).fill(nonce))],
  })
  return fromHex(data)
}

function nativeSigner(privateKey: Uint8Array): Signer {
  const binding = createRequire(import.meta.url)('secp256k1/bindings') as typeof Secp256k1
  return {
    publicKey: binding.publicKeyCreate(privateKey),
    sign(digest) {
      const { signature, recid } = binding.ecdsaSign(digest, privateKey)
      return { signature, yParity: recid === 0 ? 0 : 1 }
    },
  }
}
