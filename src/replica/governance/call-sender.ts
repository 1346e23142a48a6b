/**
 * Sends calls of the `validators` module, signed with the consensus key: the only place where that key
 * signs a transaction. What a statement of the agreement signs begins with a tag that no transaction
 * begins with, so neither can be taken for the other (docs/consensus.md, "What is signed").
 *
 * A call is sent until its nonce is used, by itself or by another. Nothing is remembered across a
 * restart: who wanted a call finds in the state whether it has happened, and asks again.
 *
 * BOUND: eight calls that are signed and not final, as many as one block takes free of fee.
 */
import { BoundedMap } from '../../base/bounded.ts'
import { rejection } from '../../base/rejection.ts'
import { err } from '../../base/result.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import { addressOfPublicKey, type Signer } from '../../crypto/secp256k1.ts'
import { signTransaction } from '../../crypto/transaction-codec.ts'
import { GOVERNANCE_CALL_GAS } from '../../ledger/gas.ts'
import { SYSTEM_ADDRESS } from '../../ledger/system/system-account.ts'
import type { Mempool } from '../../mempool/mempool.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import type { Address, Hash } from '../../types/ids.ts'
import type { IntakeVerdict } from '../transaction-intake.ts'

export interface CallSenderPorts {
  readonly signer: Signer
  readonly chainId: number
  /** Of the latest final state. */
  readonly nonceOf: (address: Address) => number
  readonly pool: Pick<Mempool, 'pendingNonce' | 'has'>
  readonly submit: (envelope: Uint8Array, done: (verdict: IntakeVerdict) => void) => void
  readonly nowMs: () => number
}

interface WantedCall {
  readonly data: Uint8Array
  readonly done: (verdict: IntakeVerdict) => void
}

interface SentCall {
  readonly purpose: string
  readonly nonce: number
  readonly envelope: Uint8Array
  readonly hash: Hash
}

const IN_FLIGHT_MAX = 8
const WANTED_MAX = 64
/** A nonce that somebody else has taken in the pool and nobody uses for so long is taken over. */
const STUCK_MS = 10_000
/** What the ledger has refused is not asked of it again before. */
const REFUSED_MS = 10_000

export class CallSender {
  readonly address: Address
  readonly #ports: CallSenderPorts
  /** By purpose; first come, first sent, and there until the pool has answered. BOUND: WANTED_MAX. */
  readonly #wanted = new Map<string, WantedCall>()
  /** By nonce. */
  readonly #sent = new Map<number, SentCall>()
  /** By purpose: until when. */
  readonly #refused = new BoundedMap<string, number>(WANTED_MAX)
  /** The pool has not yet answered for the first of them: the next takes the nonce behind it, or the same. */
  #isInIntake = false
  #nonce = -1
  #nonceSinceMs = 0

  constructor(ports: CallSenderPorts) {
    this.#ports = ports
    this.address = addressOfPublicKey(ports.signer.publicKey)
  }

  /**
   * What it is for: as long as that is on its way, or was refused just now, it is not sent again.
   * `done` hears what the pool says.
   */
  send(purpose: string, data: Uint8Array, done: (verdict: IntakeVerdict) => void = () => undefined): void {
    if (this.isBusyWith(purpose)) return done(err(rejection('sentAlready', 'this call is on its way', 'ignore')))
    if (this.#wanted.size >= WANTED_MAX)
      return done(err(rejection('tooManyCalls', 'too many calls of this validator wait already', 'ignore')))
    this.#wanted.set(purpose, { data, done })
    this.#sendNext()
  }

  /** Whether it is on its way, or was refused just now. */
  isBusyWith(purpose: string): boolean {
    if (this.#wanted.has(purpose)) return true
    if ([...this.#sent.values()].some((sent) => sent.purpose === purpose)) return true
    return (this.#refused.get(purpose) ?? 0) > this.#ports.nowMs()
  }

  /** A final block: nonces are used now. */
  onFinal({ transactions, receipts }: FinalBlock): void {
    for (const [index, { hash, sender, nonce }] of transactions.entries()) {
      if (sender !== this.address) continue
      const sent = this.#sent.get(nonce)
      this.#sent.delete(nonce)
      if (sent?.hash === hash && receipts[index]?.status === 0) this.#refuse(sent.purpose)
    }
    this.#sendNext()
  }

  /** What the pool has lost meanwhile comes again. */
  repeat(): void {
    for (const { nonce, envelope, hash } of this.#sent.values())
      if (!this.#ports.pool.has(hash))
        this.#ports.submit(envelope, (verdict) => {
          if (!verdict.ok && this.#sent.get(nonce)?.hash === hash) this.#sent.delete(nonce)
        })
    this.#sendNext()
  }

  #sendNext(): void {
    const [next] = this.#wanted
    if (next === undefined || this.#isInIntake) return
    const nonce = this.#nextNonce()
    if (this.#sent.size >= IN_FLIGHT_MAX) return
    const [purpose, { data, done }] = next
    const envelope = this.#sign(nonce, data)
    const sent = { purpose, nonce, envelope, hash: keccak256Hash(envelope) }
    this.#isInIntake = true
    this.#ports.submit(envelope, (verdict) => {
      this.#isInIntake = false
      // Others of its nonces became final while this one was looked at: nothing is wrong with the call.
      const isOvertaken = !verdict.ok && nonce < this.#ports.nonceOf(this.address)
      if (!isOvertaken) {
        this.#wanted.delete(purpose)
        if (verdict.ok) this.#sent.set(nonce, sent)
        else this.#refuse(purpose)
        done(verdict)
      }
      this.#sendNext()
    })
  }

  /** Behind what waits in the pool, also from before a restart; in the place of what nobody takes out of it. */
  #nextNonce(): number {
    const { pool, nonceOf, nowMs } = this.#ports
    const first = nonceOf(this.address)
    for (const nonce of this.#sent.keys()) if (nonce < first) this.#sent.delete(nonce)
    if (first !== this.#nonce) {
      this.#nonce = first
      this.#nonceSinceMs = nowMs()
    }
    const isStuck = !this.#sent.has(first) && nowMs() - this.#nonceSinceMs >= STUCK_MS
    if (isStuck) return first
    let nonce = pool.pendingNonce(this.address, first)
    while (this.#sent.has(nonce)) nonce = pool.pendingNonce(this.address, nonce + 1)
    return nonce
  }

  #sign(nonce: number, data: Uint8Array): Uint8Array {
    const { chainId, signer } = this.#ports
    return signTransaction(
      {
        ...{ type: 2, chainId, nonce, to: SYSTEM_ADDRESS, value: 0n, data, accessList: [] },
        gasLimit: GOVERNANCE_CALL_GAS,
        // Free of fee for whoever may call the module at all (docs/ledger.md, "Transactions").
        ...{ maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
      },
      signer,
    )
  }

  #refuse(purpose: string): void {
    this.#refused.set(purpose, this.#ports.nowMs() + REFUSED_MS)
  }
}
