import { createMPT } from '@ethereumjs/mpt'
import { encodeRlp as ethersEncodeRlp, toBeHex } from 'ethers'
import { type Abi, decodeEventLog, encodeFunctionData, encodePacked, pad, keccak256 as viemKeccak } from 'viem'
import { describe, expect, test } from 'vitest'
import { fromHex, type Hex, toHex } from '../../../src/base/bytes.ts'
import { InvariantViolation } from '../../../src/base/invariant.ts'
import { encodeRlp } from '../../../src/codec/rlp.ts'
import { BlockExecution } from '../../../src/ledger/block-execution.ts'
import { intrinsicGas, MODULE_GAS } from '../../../src/ledger/gas.ts'
import { defineModule, parseAbi, storageKey } from '../../../src/ledger/module.ts'
import { encodeReceipt } from '../../../src/ledger/receipt-codec.ts'
import { SYSTEM_ADDRESS } from '../../../src/ledger/system/system-account.ts'
import { WorldState } from '../../../src/ledger/world-state.ts'
import type { Address, Hash } from '../../../src/types/ids.ts'
import { addressOf, environmentAt, initialState, NOTHING_MISSED, rulesWith, transaction } from './fixtures.ts'

const abi = parseAbi([
  'function store(bytes32 key, bytes value)',
  'function storeTwice(bytes32 key, bytes value)',
  'function storeThenFail(bytes32 key, bytes value)',
  'function throwUp()',
  'function swallow(bytes32 key, bytes value)',
  'function swallowGas(bytes32 key, bytes value)',
  'function recurse()',
  'function later()',
  'function wrongOutput() returns (uint8)',
  'function wrongEvent()',
  'function pay() payable returns (uint256)',
  'function load(bytes32 key) view returns (bytes)',
  'function where() view returns (uint256 height, uint256 timeMs, address proposer)',
  'event Stored(address indexed who, bytes32 indexed key, string indexed label, bytes value)',
  'error Refused(string reason, uint256 code)',
])

let lateWrite: (() => void) | undefined

const probe = defineModule({
  name: 'probe',
  address: '0x0000000000000000000000000000000000002001',
  abi,
  call: {
    store(context, [key, value]) {
      context.storage.set(key, value)
      context.emit('Stored', [context.sender, key, 'label', value])
    },
    storeTwice(context, [key, value]) {
      context.storage.set(key, value)
      context.storage.set(key, value)
    },
    storeThenFail(context, [key, value]) {
      context.storage.set(key, value)
      context.emit('Stored', [context.sender, key, 'label', value])
      context.revert('Refused', ['not today', 7n])
    },
    throwUp() {
      throw new RangeError('oops')
    },
    swallow(context, [key, value]) {
      try {
        context.revert('Refused', ['first', 1n])
      } catch {
        context.storage.set(key, value)
      }
    },
    swallowGas(context, [key, value]) {
      try {
        for (;;) context.storage.set(key, context.storage.get(key) === '0x' ? value : '0x')
      } catch {
        // Goes on as if nothing had happened.
      }
    },
    recurse() {
      const deeper = (): number => 1 + deeper()
      deeper()
    },
    later(context) {
      lateWrite = () => context.storage.set(storageKey('0x01'), '0x01')
      return Promise.reject(new Error('later')) as unknown as undefined
    },
    wrongOutput: () => 300,
    wrongEvent(context) {
      context.emit('Stored', [context.sender, '0x1234', 'label', '0x'])
    },
    pay: (context) => context.value,
  },
  view: {
    load: (context, [key]) => context.storage.get(key),
    where: ({ block }) => [BigInt(block.height), BigInt(block.timeMs), block.proposer],
  },
})

const rules = rulesWith([probe])
const genesis = initialState(rules, 3)
const [alice, bob] = [addressOf(0), addressOf(1)]
const key = toHex(new Uint8Array(32).fill(7))

function run(data: Hex, changes: { value?: bigint; gasLimit?: number; to?: Address } = {}) {
  const execution = new BlockExecution(rules, genesis, environmentAt(1, genesis))
  const outcome = execution.apply(
    transaction({ sender: alice, nonce: 0, to: probe.address, gasLimit: 5_000_000, data: fromHex(data), ...changes }),
  )
  if (!outcome.ok) throw new Error(outcome.error.message)
  return { receipt: outcome.value, ...execution.finish(NOTHING_MISSED) }
}

const anyFunctions: Abi = abi

function call(functionName: string, args: readonly unknown[] = [], changes: Parameters<typeof run>[1] = {}) {
  return run(encodeFunctionData({ abi: anyFunctions, functionName, args }), changes)
}

/** Solidity's `mapping(bytes32 => bytes)` in slot 0, worked out with viem. */
function slotOf(mapKey: Hex): Hash {
  return viemKeccak(encodePacked(['bytes32', 'uint256'], [mapKey, 0n])) as Hash
}

describe('a module', () => {
  test.each([0, 1, 31, 32, 33, 64, 1000])('keeps %i bytes where Solidity would keep them', (length) => {
    const value = toHex(new Uint8Array(length).map((_, index) => index + 1))
    const { state, receipt } = call('store', [key, value])
    expect(receipt.status).toBe(1)
    const head = toHex(state.storage(probe.address, slotOf(key)))
    if (length === 0) expect(head).toBe(pad('0x0'))
    else if (length < 32)
      expect(head).toBe(`0x${value.slice(2).padEnd(62, '0')}${(2 * length).toString(16).padStart(2, '0')}`)
    else {
      expect(BigInt(head)).toBe(BigInt(2 * length + 1))
      const first = BigInt(viemKeccak(slotOf(key)))
      const chunks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
        toHex(state.storage(probe.address, pad(`0x${(first + BigInt(index)).toString(16)}`) as Hash)).slice(2),
      )
      expect(`0x${chunks.join('').slice(0, 2 * length)}`).toBe(value)
    }
  })

  test('leaves nothing behind of a longer value that a shorter one replaced', () => {
    const long = call('store', [key, `0x${'ab'.repeat(200)}`])
    const execution = new BlockExecution(rules, long.state, environmentAt(2, long.state))
    const data = fromHex(encodeFunctionData({ abi, functionName: 'store', args: [key, '0x01'] }))
    execution.apply(transaction({ sender: alice, nonce: 1, to: probe.address, gasLimit: 900_000, data }))
    const { state } = execution.finish(NOTHING_MISSED)
    expect(state.account(probe.address).storageRoot).toBe(
      call('store', [key, '0x01']).state.account(probe.address).storageRoot,
    )
  })

  test('is heard through logs that viem decodes', () => {
    const { receipt, logsBloom } = call('store', [key, '0x1234'])
    const [log] = receipt.logs
    const decoded = decodeEventLog({
      abi,
      topics: (log?.topics ?? []) as never,
      data: toHex(log?.data ?? new Uint8Array()),
    })
    expect(decoded).toMatchObject({
      eventName: 'Stored',
      args: { key, value: '0x1234', label: viemKeccak('0x6c6162656c') },
    })
    expect(receipt.logsBloom).toEqual(logsBloom)
    expect(logsBloom.some((byte) => byte !== 0)).toBe(true)
  })

  test('takes back what it wrote, emitted and was paid when it reverts, and keeps the fee', () => {
    const { receipt, state } = call('storeThenFail', [key, '0x1234'])
    expect(receipt).toMatchObject({ status: 0, logs: [] })
    expect(receipt.gasUsed).toBeGreaterThan(21_000)
    expect(state.storage(probe.address, slotOf(key))).toEqual(new Uint8Array(32))
    expect(state.account(alice).balance).toBe(
      genesis.account(alice).balance - BigInt(receipt.gasUsed) * receipt.effectiveGasPrice,
    )
    expect(state.account(alice).nonce).toBe(1)
  })

  test.each([
    ['what it throws itself', 'throwUp', []],
    ['a stack that it exhausts', 'recurse', []],
    ['a promise', 'later', []],
    ['a return value that does not fit its type', 'wrongOutput', []],
    ['an event that does not fit its type', 'wrongEvent', []],
    ['a revert that it catches', 'swallow', [key, '0x01']],
  ])('ends with status 0 for %s', (_, functionName, args) => {
    const { receipt, state } = call(functionName, args)
    expect(receipt).toMatchObject({ status: 0, logs: [] })
    expect(state.account(probe.address).storageRoot).toBe(genesis.account(probe.address).storageRoot)
  })

  test('can do nothing after its call', () => {
    call('later')
    expect(() => lateWrite?.()).toThrow(TypeError)
  })

  test('uses all its gas when it runs out, even if it tries to go on', () => {
    const { receipt, state } = call('swallowGas', [key, `0x${'11'.repeat(40)}`], { gasLimit: 300_000 })
    expect(receipt).toMatchObject({ status: 0, gasUsed: 300_000, logs: [] })
    expect(state.account(probe.address).storageRoot).toBe(genesis.account(probe.address).storageRoot)
  })

  test('pays by the table', () => {
    const data = fromHex(encodeFunctionData({ abi, functionName: 'storeTwice', args: [key, '0x01'] }))
    const { receipt } = call('storeTwice', [key, '0x01'])
    const expected = intrinsicGas({ data, accessList: [] }) + 2 * MODULE_GAS.slotRead + MODULE_GAS.slotCreated
    expect(receipt.gasUsed).toBe(expected)
  })

  test.each([
    ['an unknown selector', '0xdeadbeef', 0n],
    ['an empty call', '0x', 0n],
    ['a selector cut short', '0xdead', 0n],
    ['a plain payment', '0x', 5n],
    [
      'arguments cut short',
      encodeFunctionData({ abi, functionName: 'store', args: [key, '0x12'] }).slice(0, -2) as Hex,
      0n,
    ],
    ['bytes after the arguments', `${encodeFunctionData({ abi, functionName: 'throwUp' })}00` as Hex, 0n],
    [
      'value for a function that takes none',
      encodeFunctionData({ abi, functionName: 'store', args: [key, '0x12'] }),
      5n,
    ],
  ] as const)('answers %s with status 0 and keeps no value', (_, data, value) => {
    const { receipt, state } = run(data, { value })
    expect(receipt.status).toBe(0)
    expect(receipt.gasUsed).toBe(intrinsicGas({ data: fromHex(data), accessList: [] }))
    expect(state.account(probe.address).balance).toBe(0n)
  })

  test('receives value where it says payable', () => {
    const { receipt, state } = call('pay', [], { value: 5n })
    expect(receipt.status).toBe(1)
    expect(state.account(probe.address).balance).toBe(5n)
  })

  test('of the network itself has no calls yet', () => {
    expect(run('0xdeadbeef', { to: SYSTEM_ADDRESS }).receipt.status).toBe(0)
    expect(run('0x', { to: SYSTEM_ADDRESS, value: 1n }).receipt.status).toBe(0)
  })

  test('cannot hide that this node lacks a part of the state', () => {
    const hollow = WorldState.at(genesis.root, { node: () => undefined, code: () => undefined })
    expect(() => new BlockExecution(rules, hollow, environmentAt(1, genesis))).toThrow('state pruned')
  })

  test.each([
    ['two functions of one name', parseAbi(['function f(uint8 a)', 'function f(uint16 a)'])],
    ['an indexed array', parseAbi(['event E(uint8[] indexed a)'])],
    ['an anonymous event', [{ type: 'event', name: 'E', inputs: [], anonymous: true }] as const],
    ['a function without code', parseAbi(['function missing()'])],
  ])('is refused when defined with %s', (_, broken) => {
    const f = () => undefined
    expect(() => defineModule({ name: 'x', address: bob, abi: broken as never, call: { f }, view: {} })).toThrow(
      InvariantViolation,
    )
  })
})

describe('receipts', () => {
  test('lie in the trie that receiptsRoot names, in their typed encoding', async () => {
    const execution = new BlockExecution(rules, genesis, environmentAt(1, genesis))
    const data = fromHex(encodeFunctionData({ abi, functionName: 'store', args: [key, '0x12'] }))
    for (const [nonce, type] of ([0, 1, 2] as const).entries())
      execution.apply(transaction({ sender: alice, nonce, type, to: probe.address, gasLimit: 900_000, data }))
    const block = execution.finish(NOTHING_MISSED)
    const trie = await createMPT()
    for (const [index, receipt] of block.receipts.entries()) {
      const { status, cumulativeGasUsed, logsBloom, logs } = receipt
      const fields = [
        status === 0 ? '0x' : '0x01',
        toBeHex(cumulativeGasUsed),
        toHex(logsBloom),
        logs.map((log) => [log.address, log.topics, toHex(log.data)]),
      ]
      const payload = fromHex(ethersEncodeRlp(fields as never))
      const encoding = receipt.type === 0 ? payload : Uint8Array.of(receipt.type, ...payload)
      expect(encodeReceipt(receipt)).toEqual(encoding)
      await trie.put(encodeRlp(index === 0 ? new Uint8Array(0) : Uint8Array.of(index)), encoding)
    }
    expect(block.receiptsRoot).toBe(toHex(trie.root()))
    expect(block.receipts.map((receipt) => receipt.type)).toEqual([0, 1, 2])
  })
})
