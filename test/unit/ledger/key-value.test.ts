import fc from 'fast-check'
import {
  decodeErrorResult,
  decodeEventLog,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  keccak256 as viemKeccak,
} from 'viem'
import { describe, expect, test } from 'vitest'
import { bigIntToFixedBytes, fromHex, toHex } from '../../../src/base/bytes.ts'
import { BlockExecution } from '../../../src/ledger/block-execution.ts'
import { keyValue } from '../../../src/ledger/modules/key-value.ts'
import { simulateCall } from '../../../src/ledger/simulate-call.ts'
import type { WorldState } from '../../../src/ledger/world-state.ts'
import { type Address, ZERO_HASH } from '../../../src/types/ids.ts'
import { addressOf, environmentAt, initialState, NOTHING_MISSED, rulesWith, transaction } from './fixtures.ts'

const rules = rulesWith()
const abi = keyValue.abi
const [alice, bob] = [addressOf(0), addressOf(1)]
const keyOf = (n: number): Hex => toHex(bigIntToFixedBytes(BigInt(n), 32))

/** A ledger that makes a block of each call. */
class Database {
  state: WorldState = initialState(rules, 2)
  #height = 0

  call(sender: Address, functionName: string, args: readonly unknown[]) {
    this.#height += 1
    const execution = new BlockExecution(rules, this.state, environmentAt(this.#height, this.state))
    const { nonce } = this.state.account(sender)
    const data = fromHex(encodeFunctionData({ abi, functionName, args }))
    const outcome = execution.apply(transaction({ sender, nonce, to: keyValue.address, gasLimit: 10_000_000, data }))
    if (!outcome.ok) throw new Error(outcome.error.message)
    this.state = execution.finish(NOTHING_MISSED).state
    return outcome.value
  }

  simulate(functionName: string, args: readonly unknown[]) {
    const outcome = simulateCall(rules, this.state, environmentAt(1, this.state), {
      from: alice,
      to: keyValue.address,
      value: 0n,
      data: fromHex(encodeFunctionData({ abi, functionName, args })),
      gasLimit: 10_000_000,
    })
    if (!outcome.ok) throw new Error(outcome.error.message)
    return outcome.value
  }

  read(functionName: string, args: readonly unknown[]): unknown {
    const data = toHex(this.simulate(functionName, args).data)
    return decodeFunctionResult({ abi, functionName, data })
  }
}

describe('keyValue', () => {
  test('gives back what its owner put, to everyone, and nothing under another owner', () => {
    const database = new Database()
    const receipt = database.call(alice, 'put', [keyOf(1), '0xc0ffee'])
    expect(receipt.status).toBe(1)
    const [log] = receipt.logs
    const event = decodeEventLog({ abi, topics: log?.topics as never, data: toHex(log?.data ?? new Uint8Array()) })
    expect(event).toMatchObject({ eventName: 'Put', args: { key: keyOf(1), value: '0xc0ffee' } })
    expect(database.read('get', [alice, keyOf(1)])).toBe('0xc0ffee')
    expect(database.read('get', [bob, keyOf(1)])).toBe('0x')
  })

  test('compares before it sets: zero stands for absence, the hash of nothing for an empty value', () => {
    const database = new Database()
    expect(database.call(alice, 'compareAndSet', [keyOf(1), ZERO_HASH, '0x']).status).toBe(1)
    expect(database.call(alice, 'compareAndSet', [keyOf(1), ZERO_HASH, '0x02']).status).toBe(0)
    expect(database.call(alice, 'compareAndSet', [keyOf(1), viemKeccak('0x'), '0x02']).status).toBe(1)
    const refused = database.simulate('compareAndSet', [keyOf(1), viemKeccak('0x'), '0x03'])
    expect(refused.status).toBe('reverted')
    expect(decodeErrorResult({ abi, data: toHex(refused.data) })).toMatchObject({
      errorName: 'HashMismatch',
      args: [keyOf(1), viemKeccak('0x02')],
    })
  })

  test('does not remove what is not there', () => {
    const database = new Database()
    expect(database.call(alice, 'remove', [keyOf(1)]).status).toBe(0)
    const refused = database.simulate('remove', [keyOf(9)])
    expect(decodeErrorResult({ abi, data: toHex(refused.data) })).toMatchObject({
      errorName: 'NotFound',
      args: [keyOf(9)],
    })
  })

  test('behaves as a map, lists each key once, and leaves no storage behind when all is removed', () => {
    const operation = fc.record({
      kind: fc.constantFrom('put', 'remove'),
      owner: fc.constantFrom(alice, bob),
      key: fc.integer({ min: 0, max: 4 }).map(keyOf),
      value: fc.uint8Array({ maxLength: 70 }).map((bytes) => toHex(bytes)),
    })
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 25 }), (operations) => {
        const database = new Database()
        const empty = database.state.account(keyValue.address).storageRoot
        const model = new Map<string, Map<Hex, Hex>>([
          [alice, new Map()],
          [bob, new Map()],
        ])
        for (const { kind, owner, key, value } of operations) {
          const held = model.get(owner) as Map<Hex, Hex>
          const { status } = database.call(owner, kind, kind === 'put' ? [key, value] : [key])
          expect(status).toBe(kind === 'put' || held.has(key) ? 1 : 0)
          if (kind === 'put') held.set(key, value)
          else held.delete(key)
        }
        for (const [owner, held] of model) {
          for (const [key, value] of held) expect(database.read('get', [owner, key])).toBe(value)
          const whole = database.read('keys', [owner, 0n, 100n]) as Hex[]
          expect(new Set(whole)).toEqual(new Set(held.keys()))
          expect(whole).toHaveLength(held.size)
          expect(database.read('keys', [owner, 1n, 2n])).toEqual(whole.slice(1, 3))
          for (const key of whole) expect(database.call(owner as Address, 'remove', [key]).status).toBe(1)
        }
        expect(database.state.account(keyValue.address).storageRoot).toBe(empty)
      }),
      { numRuns: 40 },
    )
  })
})

describe('a simulated call', () => {
  const state = initialState(rules, 1)
  const environment = environmentAt(1, state)
  const transfer = { from: alice, to: bob, value: 1n, data: new Uint8Array(0), gasLimit: 30_000_000 }

  test('of a plain transfer takes exactly 21000 gas', () => {
    expect(simulateCall(rules, state, environment, transfer)).toMatchObject({
      ok: true,
      value: { status: 'returned', gasUsed: 0x5208 },
    })
  })

  test('takes as much gas as the transaction does, which succeeds with that limit and not with one less', () => {
    const data = fromHex(encodeFunctionData({ abi, functionName: 'put', args: [keyOf(1), '0x1234'] }))
    const estimate = simulateCall(rules, state, environment, { ...transfer, to: keyValue.address, value: 0n, data })
    const gas = estimate.ok ? estimate.value.gasUsed : 0
    const statuses = [gas, gas - 1].map((gasLimit) => {
      const execution = new BlockExecution(rules, state, environment)
      const outcome = execution.apply(transaction({ sender: alice, nonce: 0, to: keyValue.address, gasLimit, data }))
      return outcome.ok ? outcome.value.status : undefined
    })
    expect(statuses).toEqual([1, 0])
  })

  test('leaves the state as it was', () => {
    const before = state.root
    simulateCall(rules, state, environment, transfer)
    expect(state.root).toBe(before)
    expect(state.account(alice).balance).toBe(1000n * 10n ** 18n)
  })

  test.each([
    ['contractCreation', { to: null }],
    ['intrinsicGasTooLow', { gasLimit: 20_999 }],
    ['insufficientFunds', { value: 10n ** 30n }],
  ])('is refused for %s', (code, changes) => {
    expect(simulateCall(rules, state, environment, { ...transfer, ...changes })).toMatchObject({
      ok: false,
      error: { code },
    })
  })
})
