import fc from 'fast-check'
import { encodeFunctionData } from 'viem'
import { describe, expect, test } from 'vitest'
import { bigIntToFixedBytes, fromHex, toHex } from '../../src/base/bytes.ts'
import type { Justification } from '../../src/ledger/block-environment.ts'
import { BlockExecution, type ExecutedBlock } from '../../src/ledger/block-execution.ts'
import { keyValue } from '../../src/ledger/modules/key-value.ts'
import { StateOverlay } from '../../src/ledger/state-overlay.ts'
import { SYSTEM_ADDRESS } from '../../src/ledger/system/system-account.ts'
import { WorldState } from '../../src/ledger/world-state.ts'
import type { Address } from '../../src/types/ids.ts'
import type { SignedTransaction } from '../../src/types/transaction.ts'
import {
  addressOf,
  environmentAt,
  initialState,
  NOTHING_MISSED,
  rulesWith,
  transaction,
  VALIDATORS,
} from '../unit/ledger/fixtures.ts'
import { MemorySource } from '../unit/ledger/memory-source.ts'

const rules = rulesWith()
const SENDERS = 4
const everyone: readonly Address[] = [
  ...Array.from({ length: SENDERS + 4 }, (_, n) => addressOf(n)),
  addressOf(0xfee),
  keyValue.address,
  SYSTEM_ADDRESS,
]

const keys = fc.integer({ min: 0, max: 3 }).map((n) => toHex(bigIntToFixedBytes(BigInt(n), 32)))
const values = fc.uint8Array({ maxLength: 80 }).map((bytes) => toHex(bytes))
const calldata = fc.oneof(
  fc.constant(new Uint8Array(0)),
  fc.uint8Array({ maxLength: 100 }),
  fc.tuple(keys, values).map((args) => fromHex(encodeFunctionData({ abi: keyValue.abi, functionName: 'put', args }))),
  keys.map((key) => fromHex(encodeFunctionData({ abi: keyValue.abi, functionName: 'remove', args: [key] }))),
)

/** Mostly what can be executed, with everything that can be wrong with a transaction now and then. */
const drafts = fc.record({
  type: fc.constantFrom(0, 1, 2),
  sender: fc.integer({ min: 0, max: SENDERS }).map(addressOf),
  to: fc.oneof(
    fc.integer({ min: 0, max: SENDERS + 3 }).map(addressOf),
    fc.constantFrom(keyValue.address, SYSTEM_ADDRESS, addressOf(0xfee)),
  ),
  value: fc.oneof(
    fc.constant(0n),
    fc.bigInt({ min: 0n, max: 10n ** 18n }),
    fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  ),
  data: calldata,
  gasLimit: fc.oneof(fc.constantFrom(21_000, 60_000, 300_000), fc.maxSafeNat()),
  maxFeePerGas: fc.oneof(fc.constant(2_000_000_000n), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })),
  maxPriorityFeePerGas: fc.oneof(fc.constantFrom(0n, 1n, 10n ** 9n), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })),
  nonceOffset: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.constantFrom(-1, 1, Number.MAX_SAFE_INTEGER)),
})
type Draft = typeof drafts extends fc.Arbitrary<infer T> ? T : never
const chains = fc.array(fc.array(drafts, { maxLength: 8 }), { minLength: 1, maxLength: 4 })

const justifications: Justification = {
  ...NOTHING_MISSED,
  voters: VALIDATORS.slice(0, 3).map((validator) => validator.address),
  missedLeaders: VALIDATORS.slice(3).map((validator) => validator.address),
}

/** Executes the drafts that are valid in their place; says which these were. */
function made(
  state: WorldState,
  height: number,
  block: readonly Draft[],
): ExecutedBlock & { transactions: SignedTransaction[] } {
  const execution = new BlockExecution(rules, state, environmentAt(height, state))
  const transactions: SignedTransaction[] = []
  const nonces = new Map<Address, number>()
  for (const { nonceOffset, ...draft } of block) {
    const expected = nonces.get(draft.sender) ?? state.account(draft.sender).nonce
    const nonce = Math.min(Math.max(0, expected + nonceOffset), Number.MAX_SAFE_INTEGER)
    const each = transaction({ ...draft, nonce })
    if (!execution.apply(each).ok) continue
    transactions.push(each)
    nonces.set(draft.sender, nonce + 1)
  }
  return { ...execution.finish(justifications), transactions }
}

function replayed(state: WorldState, height: number, transactions: readonly SignedTransaction[]): ExecutedBlock {
  const execution = new BlockExecution(rules, state, environmentAt(height, state))
  for (const each of transactions) expect(execution.apply(each).ok).toBe(true)
  return execution.finish(justifications)
}

function supplyOf(state: WorldState): bigint {
  return everyone.reduce((sum, address) => sum + state.account(address).balance, 0n)
}

function summary({ stateRoot, receiptsRoot, transactionsRoot, logsBloom, gasUsed, receipts }: ExecutedBlock) {
  return { stateRoot, receiptsRoot, transactionsRoot, logsBloom, gasUsed, receipts }
}

describe('the ledger', () => {
  test('never throws, and never makes or loses a coin, whatever transactions come', () => {
    const statuses = { failed: 0, done: 0 }
    fc.assert(
      fc.property(chains, (blocks) => {
        let state = initialState(rules, SENDERS)
        const supply = supplyOf(state)
        for (const [index, block] of blocks.entries()) {
          const next = made(state, index + 1, block)
          for (const { status } of next.receipts) statuses[status === 1 ? 'done' : 'failed'] += 1
          state = next.state
          expect(supplyOf(state)).toBe(supply)
          expect(next.gasUsed).toBe(next.receipts.reduce((sum, receipt) => sum + receipt.gasUsed, 0))
          expect(next.gasUsed).toBeLessThanOrEqual(30_000_000)
        }
      }),
      { numRuns: 300 },
    )
    // The property means something only when both kinds were among them.
    expect(statuses.failed).toBeGreaterThan(20)
    expect(statuses.done).toBeGreaterThan(20)
  })

  test('comes to the same block again, warm or read cold from the store of another history', () => {
    fc.assert(
      fc.property(chains, (blocks) => {
        let state = initialState(rules, SENDERS)
        const source = new MemorySource()
        source.write(state.changesSince(WorldState.empty()))
        for (const [index, block] of blocks.entries()) {
          const height = index + 1
          const next = made(state, height, block)
          const cold = WorldState.at(state.root, source)
          const again = [replayed(state, height, next.transactions), replayed(cold, height, next.transactions)]
          for (const other of again) expect(summary(other)).toEqual(summary(next))
          source.write(next.state.changesSince(state))
          state = next.state
        }
      }),
      { numRuns: 100 },
    )
  })

  test('gives equal content equal roots, in whatever order it was written', () => {
    const writes = fc.uniqueArray(
      fc.record({ account: fc.nat(30), balance: fc.bigInt({ min: 1n, max: 2n ** 100n }), slot: fc.nat(5) }),
      { selector: ({ account }) => account, maxLength: 20 },
    )
    fc.assert(
      fc.property(writes, fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 5 }), (content, random, parts) => {
        const write = (entries: typeof content, size: number): WorldState => {
          let state = WorldState.empty()
          for (let from = 0; from < entries.length; from += size) {
            const overlay = new StateOverlay(state)
            for (const { account, balance, slot } of entries.slice(from, from + size)) {
              overlay.credit(addressOf(account), balance)
              overlay.setStorage(
                addressOf(account),
                toHex(bigIntToFixedBytes(BigInt(slot), 32)) as never,
                bigIntToFixedBytes(balance, 32),
              )
            }
            state = overlay.commit()
          }
          return state
        }
        const shuffled = content
          .map((entry) => ({ entry, rank: random.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
        const other = write(
          shuffled.map(({ entry }) => entry),
          parts,
        )
        expect(other.root).toBe(write(content, content.length + 1).root)
      }),
    )
  })
})
