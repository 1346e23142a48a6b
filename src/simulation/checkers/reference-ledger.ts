/**
 * What the final transactions must have done, by a ledger of a few lines that shares no code with
 * the real one: nonces in order, nobody spends what it has not, no coin is made or lost.
 */

import type { FinalBlock } from '../../types/final-block.ts'
import type { Address } from '../../types/ids.ts'
import type { Checker } from '../checker.ts'
import type { SimulatedGenesis } from '../simulated-genesis.ts'
import type { SimulatedNode } from '../simulated-node.ts'
import { SimulationFailure } from '../simulation-failure.ts'

const TRANSFER_GAS = 21_000n

export class ReferenceLedger implements Checker {
  readonly #balances = new Map<Address, bigint>()
  readonly #nonces = new Map<Address, number>()
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
    for (const { sender, to, nonce, value, maxFeePerGas, maxPriorityFeePerGas } of final.transactions) {
      if (nonce !== (this.#nonces.get(sender) ?? 0))
        throw new SimulationFailure('ledger', `nonce ${nonce} of ${sender} at height ${height} is out of order`)
      this.#nonces.set(sender, nonce + 1)
      const fee = TRANSFER_GAS * lower(baseFeePerGas + maxPriorityFeePerGas, maxFeePerGas)
      this.#add(sender, -fee - value, touched)
      this.#add(to, value, touched)
      this.#add(miner, fee, touched)
    }
    return touched
  }

  #add(address: Address, amount: bigint, touched: Set<Address>): void {
    const balance = (this.#balances.get(address) ?? 0n) + amount
    if (balance < 0n) throw new SimulationFailure('ledger', `${address} has spent more than it had`)
    this.#balances.set(address, balance)
    touched.add(address)
  }
}

function lower(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}
