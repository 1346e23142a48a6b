/** A small ledger to execute on: four validators, funded accounts, transactions without a signature check. */
import { bigIntToFixedBytes, EMPTY_BYTES, toHex, utf8 } from '../../../src/base/bytes.ts'
import { nobleRecoverer } from '../../../src/crypto/backends/noble.ts'
import { keccak256, keccak256Hash } from '../../../src/crypto/keccak.ts'
import type { BlockEnvironment, Justification } from '../../../src/ledger/block-environment.ts'
import { BlockExecution, type ExecutedBlock } from '../../../src/ledger/block-execution.ts'
import type { Module } from '../../../src/ledger/module.ts'
import { BUILT_IN_MODULES } from '../../../src/ledger/module-registry.ts'
import type { LedgerRules } from '../../../src/ledger/rules.ts'
import { StateOverlay } from '../../../src/ledger/state-overlay.ts'
import { wordsOf } from '../../../src/ledger/storage-words.ts'
import { writeNextWeights } from '../../../src/ledger/system/epoch-schedule.ts'
import { writeParameters } from '../../../src/ledger/system/parameters.ts'
import { MODULE_CODE, SYSTEM_ADDRESS } from '../../../src/ledger/system/system-account.ts'
import { writeValidators } from '../../../src/ledger/system/validator-records.ts'
import { WorldState } from '../../../src/ledger/world-state.ts'
import { type Address, ZERO_HASH } from '../../../src/types/ids.ts'
import type { SignedTransaction } from '../../../src/types/transaction.ts'
import type { Validator } from '../../../src/types/validator-set.ts'

const CHAIN_ID = 13371
const GENESIS_HASH = keccak256Hash(utf8('genesis of the test'))
export const COIN = 10n ** 18n

export function addressOf(n: number): Address {
  return toHex(bigIntToFixedBytes(BigInt(0xa000 + n), 20)) as Address
}

export const VALIDATORS: readonly Validator[] = [1, 2, 3, 4].map((n) => ({
  address: addressOf(0x1000 + n),
  consensusKey: new Uint8Array(33).fill(n),
  leads: true,
}))

export function rulesWith(modules: readonly Module[] = [], epoch = { epochBlocksMax: 0, epochMsMin: 0 }): LedgerRules {
  const all = [...BUILT_IN_MODULES, ...modules]
  const modulesByAddress = new Map(all.map((module) => [module.address, module]))
  const governance = {
    faultModel: 'byzantine',
    minValidators: 4,
    proposalBlocksMax: 100,
    readyBlocksMax: 50,
    ageEpochsMax: 16,
  } as const
  const fixed = { chainId: CHAIN_ID, genesisHash: GENESIS_HASH, verifier: nobleRecoverer, governance }
  return { ...fixed, ...epoch, modules: modulesByAddress }
}

/** Accounts 0 … count − 1 own a thousand coins each. */
export function initialState(rules: LedgerRules, count: number): WorldState {
  const overlay = new StateOverlay(WorldState.empty())
  for (let n = 0; n < count; n++) overlay.credit(addressOf(n), 1000n * COIN)
  for (const module of rules.modules.values()) overlay.setCode(module.address, MODULE_CODE)
  const words = wordsOf(overlay, SYSTEM_ADDRESS)
  writeValidators(words, VALIDATORS)
  writeNextWeights(words, [4, 4, 4, 4])
  writeParameters(words, { baseFeePerGas: 1_000_000_000n, gasLimit: 30_000_000, targetValidators: 4 })
  return overlay.commit()
}

export function environmentAt(
  height: number,
  state: WorldState,
  changes: Partial<BlockEnvironment> = {},
): BlockEnvironment {
  return {
    height,
    timeMs: 1_700_000_000_000 + height,
    proposer: (VALIDATORS[0] as Validator).address,
    feeRecipient: addressOf(0xfee),
    parentHash: height === 1 ? ZERO_HASH : keccak256Hash(bigIntToFixedBytes(BigInt(height), 32)),
    parentStateRoot: state.root,
    epoch: 1,
    gasLimit: 30_000_000,
    baseFeePerGas: 1_000_000_000n,
    ...changes,
  }
}

export const NOTHING_MISSED: Justification = { view: 2, justifyView: 1, missedLeaders: [], voters: [] }

export function transaction(
  changes: Partial<SignedTransaction> & { sender: Address; nonce: number },
): SignedTransaction {
  const { sender, nonce } = changes
  const name = new TextEncoder().encode(`${sender}/${nonce}`)
  return {
    type: 2,
    hash: keccak256Hash(name),
    envelope: keccak256(name),
    chainId: CHAIN_ID,
    gasLimit: 21_000,
    to: addressOf(1),
    value: 0n,
    data: EMPTY_BYTES,
    accessList: [],
    maxFeePerGas: 2_000_000_000n,
    maxPriorityFeePerGas: 1n,
    yParity: 0,
    signature: new Uint8Array(64),
    signingDigest: new Uint8Array(32),
    ...changes,
  }
}

export function executed(
  rules: LedgerRules,
  state: WorldState,
  height: number,
  transactions: readonly SignedTransaction[],
  justification: Justification = NOTHING_MISSED,
): ExecutedBlock {
  const execution = new BlockExecution(rules, state, environmentAt(height, state))
  for (const each of transactions) execution.apply(each)
  return execution.finish(justification)
}
