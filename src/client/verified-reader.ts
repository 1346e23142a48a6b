/**
 * Reads from one server and believes nothing that it does not prove. It follows the network's epochs:
 * what it knows of their validators only grows, and no block before the newest that it has seen is taken
 * for the head.
 */
import { BoundedMap } from '../base/bounded.ts'
import { keccak256Hash } from '../crypto/keccak.ts'
import type { FaultModel } from '../types/fault-model.ts'
import type { Address, Epoch, Hash, Height } from '../types/ids.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import { readTransaction, type VerifiedReceipt, verifyReceipts, verifyTransactions } from './block.ts'
import { epochOfProof, type FinalHeader, verifyFinalityProof } from './finality.ts'
import { readBytes, readHash, readList, readObject } from './read-json.ts'
import { type VerifiedAccount, verifyAccount, verifyCode, verifyStorage } from './state.ts'
import { type Trust, trustGenesis } from './trust.ts'
import { verifyValidatorSets } from './validator-sets.ts'
import { VerificationError } from './verification-error.ts'

export type Send = (method: string, params: readonly unknown[]) => Promise<unknown>

export type BlockId = 'latest' | Height | Hash

export interface VerifiedOptions {
  /** Hash of block 0: the one thing to know about a network. */
  readonly genesis: string
  /** Of the network; 'byzantine', the default, asks for the larger quorum. */
  readonly faultModel?: FaultModel
  /**
   * How old the newest block may be, in milliseconds of this computer's clock. One server cannot prove
   * that there is nothing newer: without this only a head older than one seen before is found out.
   */
  readonly headAgeMsMax?: number
}

export interface VerifiedBlock extends FinalHeader {
  readonly sizeBytes: number
  readonly transactions: readonly SignedTransaction[]
}

/** BOUND: headers kept, and transactions that are known to be final; both stay true. */
const HEADERS_MAX = 1_024
const TRANSACTIONS_MAX = 16_384

export class VerifiedReader {
  readonly #send: Send
  readonly #options: VerifiedOptions
  readonly #headers = new BoundedMap<Height | Hash, FinalHeader>(HEADERS_MAX)
  /** Where they are, by their hash. */
  readonly #transactions = new BoundedMap<Hash, Height>(TRANSACTIONS_MAX)
  #trust: Trust | undefined
  /** One after the other, so that each goes on where the one before has come to. */
  #following: Promise<unknown> = Promise.resolve()
  #highest = 0

  constructor(send: Send, options: VerifiedOptions) {
    this.#send = send
    this.#options = options
  }

  /** The header of a final block. @throws VerificationError */
  async header(id: BlockId): Promise<FinalHeader> {
    const known = id === 'latest' ? undefined : this.#headers.get(id)
    if (known !== undefined) return known
    const named = typeof id === 'number' ? `0x${id.toString(16)}` : id
    const proof = await this.#send('bft_getFinalityProof', [named])
    const final = verifyFinalityProof(proof, await this.trust(epochOfProof(proof)))
    if (id === 'latest') this.#requireFresh(final)
    else if (final.hash !== id && final.header.height !== id) {
      throw new VerificationError('wrongBlock', `asked for block ${id}, the server proved another`)
    }
    this.#highest = Math.max(this.#highest, final.header.height)
    this.#headers.set(final.header.height, final)
    this.#headers.set(final.hash, final)
    return final
  }

  /**
   * What is known of the network's validators: at least those of `epoch`, and when nothing was known as
   * many as the server leads to.
   * @throws VerificationError
   */
  async trust(epoch: Epoch = 0): Promise<Trust> {
    const following = this.#following.then(() => this.#follow(epoch))
    this.#following = following.catch(() => undefined)
    return following
  }

  /** The server's proof, whose account holds; slots are for the caller to verify. */
  async proof(address: Address, slots: readonly unknown[], id: BlockId) {
    const { hash, header } = await this.header(id)
    const answer = await this.#send('eth_getProof', [address, slots, hash])
    return { answer, header, account: verifyAccount(answer, address, header) }
  }

  async account(address: Address, id: BlockId): Promise<VerifiedAccount> {
    return (await this.proof(address, [], id)).account
  }

  async storage(address: Address, slot: Hash, id: BlockId): Promise<Uint8Array> {
    const { answer, header } = await this.proof(address, [slot], id)
    return verifyStorage(answer, address, slot, header)
  }

  async code(address: Address, id: BlockId): Promise<string> {
    const { hash } = await this.header(id)
    const account = await this.account(address, hash)
    const code = await this.#send('eth_getCode', [address, hash])
    verifyCode(code, account)
    return String(code)
  }

  async block(id: BlockId): Promise<VerifiedBlock> {
    const final = await this.header(id)
    const raw = await this.#send('debug_getRawBlock', [final.hash])
    const sizeBytes = readBytes(raw, 'raw block').length
    const transactions = verifyTransactions(raw, final.header)
    for (const { hash } of transactions) this.#transactions.set(hash, final.header.height)
    return { ...final, sizeBytes, transactions }
  }

  async receipts({ hash, header }: FinalHeader): Promise<readonly VerifiedReceipt[]> {
    return verifyReceipts(await this.#send('debug_getRawReceipts', [hash]), header)
  }

  /** One that is not final yet: only that it is this one is proven. */
  async pendingTransaction(hash: Hash): Promise<SignedTransaction> {
    const raw = await this.#send('debug_getRawTransaction', [hash])
    const transaction = readTransaction(readBytes(raw, 'raw transaction'))
    if (transaction.hash !== hash) throw new VerificationError('wrongAnswer', 'the server sent another transaction')
    return transaction
  }

  /** Whether the chain is known to have come so far, or to have this block. */
  isKnown(id: Height | Hash): boolean {
    return typeof id === 'number' ? id <= this.#highest : this.#headers.get(id) !== undefined
  }

  /** @throws VerificationError when the transaction is in a block that was proven, so that nobody can say otherwise. */
  requireNotFinal(transaction: Hash): void {
    const height = this.#transactions.get(transaction)
    if (height === undefined) return
    throw new VerificationError('wrongAnswer', `transaction ${transaction} is final, in block ${height}`)
  }

  #requireFresh({ header }: FinalHeader): void {
    if (header.height < this.#highest) {
      throw new VerificationError('staleHead', `the head is ${header.height}, but ${this.#highest} was seen before`)
    }
    const { headAgeMsMax = Number.POSITIVE_INFINITY } = this.#options
    const ageMs = Date.now() - header.consensus.timeMs
    if (ageMs > headAgeMsMax) throw new VerificationError('staleHead', `the head is ${ageMs} ms old`)
  }

  /** Page by page; what was verified stays when the next one fails. */
  async #follow(epoch: Epoch): Promise<Trust> {
    let trust = this.#trust ?? (await this.#begin())
    while (trust.epochs.length < epoch) {
      const proof = await this.#send('bft_getValidatorSetProof', [trust.epochs.length])
      const further = verifyValidatorSets(proof, trust)
      if (further === trust) {
        throw new VerificationError('otherEpoch', `the server does not prove the validators of epoch ${epoch}`)
      }
      trust = this.#keep(further)
    }
    return trust
  }

  /** From genesis as far as the server leads, so that keys of epochs that have ended sign nothing newer. */
  async #begin(): Promise<Trust> {
    const { genesis, faultModel } = this.#options
    const proof = readObject(await this.#send('bft_getValidatorSetProof', [0]), 'validator set proof')
    const [link] = readList(proof['links'], 'link', readObject)
    const [header] = readList(link?.['headers'], 'header', (item) => item)
    let trust = trustGenesis(genesis, header, link?.['validators'], faultModel)
    for (let page: unknown = proof; ; page = await this.#send('bft_getValidatorSetProof', [trust.epochs.length])) {
      const further = verifyValidatorSets(page, trust)
      if (further === trust && page !== proof) return this.#keep(trust)
      trust = further
    }
  }

  #keep(trust: Trust): Trust {
    this.#trust = trust
    this.#highest = Math.max(this.#highest, trust.epochs.at(-1)?.root.height ?? 0)
    return trust
  }
}

/** The hash of an envelope is its name. @throws VerificationError when the server names it otherwise. */
export function requireHashOf(envelope: Uint8Array, answer: unknown): Hash {
  const hash = keccak256Hash(envelope)
  if (readHash(answer, 'transaction hash') === hash) return hash
  throw new VerificationError('wrongAnswer', 'the server took another transaction than it was sent')
}
