/**
 * What the final transactions must have done, by a ledger of a few lines that shares no code with
 * the real one: nonces in order, nobody spends what it has not, no coin is made or lost, and calls of
 * the keyValue module succeed exactly when a plain map says so.
 */

import type { FinalBlock } from '../../types/final-block.ts'
import type { Address } from '../../types/ids.ts'
import type { Receipt } from '../../types/receipt.ts'
import type { SignedTransaction } from '../../types/transaction.ts'
import type { Checker } from '../checker.ts'
import { decodeKeyValueCall, KEY_VALUE_ADDRESS, KeyValueReference } from '../clients/key-value-calls.ts'
import type { SimulatedNode } from '../host/simulated-node.ts'
import type { SimulatedGenesis } from '../simulated-genesis.ts'
import { SimulationFailure } from '../simulation-failure.ts'

const TRANSFER_GAS = 21_000
const VALIDATORS_ADDRESS = '0x0000000000000000000000000000000000001000' as Address

export class ReferenceLedger implements Checker {
  readonly #balances = new Map<Address, bigint>()
  readonly #nonces = new Map<Address, number>()
  readonly #keyValue = new KeyValueReference()
  readonly #supply: bigint
  #height = 0

  constructor(genesis: SimulatedGenesis) {
    let supply = 0n
    for (const [address, { balance }] of genesis.genesis.alloc) {
      this.#balances.set(address, balance)
      supply += balance
    }
    this.#supply = supply
  }

  onFinal(node: SimulatedNode, final: FinalBlock): void {
    const { height } = final.block.header
    if (node.isByzantine || height !== this.#height + 1) return
    this.#height = height
    const touched = this.#apply(final)
    let sum = 0n
    for (const balance of this.#balances.values()) sum += balance
    if (sum !== this.#supply)
      throw new SimulationFailure('supply', `${sum} wei at height ${height}, not ${this.#supply}`)
    const state = node.chain?.store.stateAt(height)
    for (const address of touched) {
      const account = state?.account(address)
      const expected = `${this.#nonces.get(address) ?? 0} / ${this.#balances.get(address) ?? 0n}`
      const found = `${account?.nonce ?? '?'} / ${account?.balance ?? '?'}`
      if (expected !== found)
        throw new SimulationFailure('ledger', `${address} at height ${height}: ${found}, should be ${expected}`)
    }
  }

  #apply(final: FinalBlock): ReadonlySet<Address> {
    const { miner, baseFeePerGas, height } = final.block.header
    const touched = new Set<Address>()
    for (const [index, transaction] of final.transactions.entries()) {
      const { sender, nonce, maxFeePerGas, maxPriorityFeePerGas } = transaction
      const receipt = final.receipts[index]
      if (nonce !== (this.#nonces.get(sender) ?? 0))
        throw new SimulationFailure('ledger', `nonce ${nonce} of ${sender} at height ${height} is out of order`)
      if (receipt === undefined) throw new SimulationFailure('ledger', `no receipt of ${transaction.hash}`)
      this.#nonces.set(sender, nonce + 1)
      const price = isGovernance(transaction)
        ? receipt.effectiveGasPrice
        : lower(baseFeePerGas + maxPriorityFeePerGas, maxFeePerGas)
      const fee = BigInt(this.#gasOf(transaction, receipt)) * price
      this.#add(sender, -fee, touched)
      this.#add(miner, fee, touched)
      if (receipt.status === 0) continue
      this.#add(sender, -transaction.value, touched)
      this.#add(transaction.to, transaction.value, touched)
    }
    return touched
  }

  /** What a call costs is the ledger's to say; whether it succeeds is not. */
  #gasOf(transaction: SignedTransaction, { status, gasUsed }: Receipt): number {
    if (isGovernance(transaction)) return gasUsed
    const { hash, sender, to, value, data, gasLimit } = transaction
    const call = to === KEY_VALUE_ADDRESS ? decodeKeyValueCall(data) : undefined
    const succeeds = call === undefined ? to !== KEY_VALUE_ADDRESS : value === 0n && this.#keyValue.apply(sender, call)
    if (succeeds !== (status === 1))
      throw new SimulationFailure('ledger', `${hash} has status ${status}, but it ${succeeds ? 'succeeds' : 'fails'}`)
    const isPlausible = call === undefined ? gasUsed >= TRANSFER_GAS : gasUsed > TRANSFER_GAS
    if (!isPlausible || gasUsed > gasLimit || (data.length === 0 && gasUsed !== TRANSFER_GAS))
      throw new SimulationFailure('ledger', `${hash} used ${gasUsed} gas of ${gasLimit}`)
    return gasUsed
  }

  #add(address: Address, amount: bigint, touched: Set<Address>): void {
    const balance = (this.#balances.get(address) ?? 0n) + amount
    if (balance < 0n) throw new SimulationFailure('ledger', `${address} has spent more than it had`)
    this.#balances.set(address, balance)
    touched.add(address)
  }
}

/** Calls of the validators themselves, some of which are free: what they do is not this ledger's to say. */
function isGovernance({ to }: SignedTransaction): boolean {
  return to === VALIDATORS_ADDRESS
}

function lower(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}
