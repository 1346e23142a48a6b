/** Transactions and accounts as the pool sees them. No key signs these: the pool takes a sender as verified. */
import type { Result } from '../../../src/base/result.ts'
import type { ParentView } from '../../../src/mempool/candidates.ts'
import type { AccountReader } from '../../../src/mempool/mempool.ts'
import { Mempool, type MempoolListener } from '../../../src/mempool/mempool.ts'
import { DEFAULT_MEMPOOL_LIMITS, type MempoolLimits } from '../../../src/mempool/mempool-limits.ts'
import type { Address, Hash } from '../../../src/types/ids.ts'
import { mintVerified } from '../../../src/types/mint-verified.ts'
import type { SignedTransaction } from '../../../src/types/transaction.ts'
import type { Verified } from '../../../src/types/verified.ts'

export type PoolTransaction = Verified<SignedTransaction>

export interface Sample {
  readonly sender?: number
  readonly nonce?: number
  /** Wei per gas. */
  readonly tip?: bigint
  readonly cap?: bigint
  readonly value?: bigint
  readonly gasLimit?: number
  readonly sizeBytes?: number
}

export function addressOf(sender: number): Address {
  return `0x${sender.toString(16).padStart(40, '0')}` as Address
}

let made = 0

/** Every call makes a transaction of its own hash. */
export function sample({
  sender = 1,
  nonce = 0,
  tip = 1n,
  cap,
  value = 0n,
  gasLimit = 21_000,
  sizeBytes = 110,
}: Sample): PoolTransaction {
  made += 1
  return mintVerified<SignedTransaction>({
    type: 2,
    hash: `0x${made.toString(16).padStart(64, '0')}` as Hash,
    envelope: new Uint8Array(sizeBytes),
    chainId: 13_371,
    nonce,
    gasLimit,
    to: addressOf(0xffff),
    value,
    data: new Uint8Array(0),
    accessList: [],
    maxFeePerGas: cap ?? tip + 10n,
    maxPriorityFeePerGas: tip,
    yParity: 0,
    signature: new Uint8Array(64),
    signingDigest: new Uint8Array(32),
    sender: addressOf(sender),
  })
}

/** Accounts that a test changes; rich and fresh unless set. */
class Accounts implements AccountReader {
  readonly #accounts = new Map<Address, { nonce: number; balance: bigint }>()

  account(address: Address): { nonce: number; balance: bigint } {
    const found = this.#accounts.get(address) ?? { nonce: 0, balance: 10n ** 24n }
    this.#accounts.set(address, found)
    return found
  }

  nonceOf = (address: Address): number => this.account(address).nonce
}

const NONE: ReadonlySet<Hash> = new Set()

/** A pool with its accounts, a base fee of 10 wei and blocks of 30 million gas. */
export class TestPool {
  readonly accounts = new Accounts()
  readonly pool: Mempool
  readonly executable: PoolTransaction[] = []
  baseFee = 10n
  gasLimit = 30_000_000

  constructor(limits: Partial<MempoolLimits> = {}, isFree: (transaction: SignedTransaction) => boolean = () => false) {
    const listener: MempoolListener = { onExecutable: (transaction) => this.executable.push(transaction) }
    this.pool = new Mempool({ ...DEFAULT_MEMPOOL_LIMITS, ...limits }, { isFree }, listener)
  }

  /** 'added', 'replaced', 'known', or the message of the rejection. */
  add(transaction: PoolTransaction, origin: 'local' | 'remote' = 'remote', now = 0): string {
    const result: Result<string, { message: string; verdict: string }> = this.pool.add(
      transaction,
      origin,
      this.accounts,
      this.baseFee,
      now,
    )
    if (!result.ok && result.error.verdict !== 'ignore') throw new Error('a pool blames no peer')
    return result.ok ? result.value : result.error.message
  }

  /** What a block is built on, but for `changes`. */
  parent(changes: Partial<ParentView> = {}): ParentView {
    const { nonceOf } = this.accounts
    return { excluded: NONE, refused: NONE, nonceOf, baseFeePerGas: this.baseFee, gasLimit: this.gasLimit, ...changes }
  }

  candidates(excluded: ReadonlySet<Hash> = NONE, nonceOf = this.accounts.nonceOf): PoolTransaction[] {
    const parent = this.parent({ excluded, nonceOf })
    const listed = [...this.pool.candidates(parent)]
    if (this.pool.hasCandidate(parent) !== listed.length > 0) {
      throw new Error('hasCandidate and candidates disagree')
    }
    return listed
  }

  /** The sender's account moves on, as by a final block. */
  commit(sender: number, nonce: number, balance?: bigint): void {
    const account = this.accounts.account(addressOf(sender))
    account.nonce = nonce
    if (balance !== undefined) account.balance = balance
    this.pool.onCommitted([{ sender: addressOf(sender) }], this.accounts, this.baseFee)
  }
}

export function added(pool: TestPool, samples: readonly Sample[]): PoolTransaction[] {
  return samples.map((each) => {
    const transaction = sample(each)
    const outcome = pool.add(transaction)
    if (outcome !== 'added') throw new Error(outcome)
    return transaction
  })
}
