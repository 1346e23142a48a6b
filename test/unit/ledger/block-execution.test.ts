import { createBlockHeader } from '@ethereumjs/block'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { createAccessList2930Tx, createLegacyTx } from '@ethereumjs/tx'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/base/bytes.ts'
import { hashHeader } from '../../../src/crypto/digests.ts'
import { EMPTY_ACCOUNT } from '../../../src/ledger/account.ts'
import { BlockExecution } from '../../../src/ledger/block-execution.ts'
import { intrinsicGas } from '../../../src/ledger/gas.ts'
import { wordsIn } from '../../../src/ledger/storage-words.ts'
import { readRingEntry } from '../../../src/ledger/system/block-ring.ts'
import { readCounters } from '../../../src/ledger/system/counters.ts'
import { readNextWeights, readSchedule, scheduleSeed } from '../../../src/ledger/system/epoch-schedule.ts'
import { SYSTEM_ADDRESS } from '../../../src/ledger/system/system-account.ts'
import { encodeExtraData, type Header, timestampOf } from '../../../src/types/header.ts'
import { type Address, type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../src/types/ids.ts'
import {
  addressOf,
  COIN,
  environmentAt,
  executed,
  initialState,
  NOTHING_MISSED,
  rulesWith,
  transaction,
  VALIDATORS,
} from './fixtures.ts'

const rules = rulesWith()
const genesis = initialState(rules, 5)
const [alice, bob, feeRecipient] = [addressOf(0), addressOf(1), addressOf(0xfee)]
const validator = (index: number): Address => VALIDATORS[index]?.address ?? ZERO_ADDRESS
const london = new Common({ chain: Mainnet, hardfork: Hardfork.London })

describe('a plain transfer', () => {
  test('costs exactly 21000 gas, and base fee and tip go to the fee recipient', () => {
    const transfer = transaction({ sender: alice, nonce: 0, to: bob, value: COIN, gasLimit: 50_000 })
    const { state, receipts } = executed(rules, genesis, 1, [transfer])
    const price = 1_000_000_001n
    expect(receipts[0]).toMatchObject({
      status: 1,
      gasUsed: 21_000,
      cumulativeGasUsed: 21_000,
      effectiveGasPrice: price,
    })
    expect(state.account(alice)).toMatchObject({ nonce: 1, balance: 999n * COIN - 21_000n * price })
    expect(state.account(bob).balance).toBe(1001n * COIN)
    expect(state.account(feeRecipient).balance).toBe(21_000n * price)
  })

  test('pays at most its cap per gas', () => {
    const capped = transaction({ sender: alice, nonce: 0, maxFeePerGas: 1_000_000_005n, maxPriorityFeePerGas: 9n })
    expect(executed(rules, genesis, 1, [capped]).receipts[0]?.effectiveGasPrice).toBe(1_000_000_005n)
  })

  test('of nothing, without fees, brings no empty account into being', () => {
    const execution = new BlockExecution(rules, genesis, environmentAt(1, genesis, { baseFeePerGas: 0n }))
    const nobody = addressOf(77)
    const free = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n }
    expect(execution.apply(transaction({ sender: alice, nonce: 0, to: nobody, ...free })).ok).toBe(true)
    const { state } = execution.finish(NOTHING_MISSED)
    expect(state.account(nobody)).toBe(EMPTY_ACCOUNT)
    expect(state.account(feeRecipient)).toBe(EMPTY_ACCOUNT)
  })

  test('to oneself moves only the fee', () => {
    const { state } = executed(rules, genesis, 1, [
      transaction({ sender: alice, nonce: 0, to: alice, value: 5n * COIN }),
    ])
    expect(state.account(alice).balance).toBe(1000n * COIN - 21_000n * 1_000_000_001n)
  })
})

describe('a transaction that makes its block invalid', () => {
  const cases: [string, Parameters<typeof transaction>[0], RegExp][] = [
    ['wrongChainId', { sender: alice, nonce: 0, chainId: 1 }, /invalid chain id/],
    ['nonceTooHigh', { sender: alice, nonce: 1 }, /nonce too high/],
    [
      'tipAboveFeeCap',
      { sender: alice, nonce: 0, maxPriorityFeePerGas: 3n * 10n ** 9n },
      /max priority fee per gas higher than max fee per gas/,
    ],
    [
      'feeCapBelowBaseFee',
      { sender: alice, nonce: 0, maxFeePerGas: 999_999_999n },
      /max fee per gas less than block base fee/,
    ],
    ['intrinsicGasTooLow', { sender: alice, nonce: 0, gasLimit: 20_999 }, /intrinsic gas too low/],
    ['blockGasExceeded', { sender: alice, nonce: 0, gasLimit: 30_000_001 }, /gas limit reached/],
    [
      'insufficientFunds',
      { sender: alice, nonce: 0, value: 1000n * COIN },
      /insufficient funds for gas \* price \+ value/,
    ],
    ['insufficientFunds', { sender: addressOf(99), nonce: 0 }, /insufficient funds/],
  ]
  test.each(cases)('%s: is refused and changes nothing', (code, changes, message) => {
    const execution = new BlockExecution(rules, genesis, environmentAt(1, genesis))
    const outcome = execution.apply(transaction(changes))
    expect(outcome).toMatchObject({ ok: false, error: { code, message: expect.stringMatching(message) as string } })
    expect(execution.finish(NOTHING_MISSED).stateRoot).toBe(executed(rules, genesis, 1, []).stateRoot)
  })

  test('nonceTooLow: the same transaction twice', () => {
    const execution = new BlockExecution(rules, genesis, environmentAt(1, genesis))
    expect(execution.apply(transaction({ sender: alice, nonce: 0 })).ok).toBe(true)
    expect(execution.apply(transaction({ sender: alice, nonce: 0 }))).toMatchObject({ error: { code: 'nonceTooLow' } })
  })

  test('the balance must cover gas at the cap, not at the price paid', () => {
    const cost = 21_000n * 2_000_000_000n
    const value = 1000n * COIN - cost
    const execution = new BlockExecution(rules, genesis, environmentAt(1, genesis))
    expect(execution.apply(transaction({ sender: alice, nonce: 0, value: value + 1n })).ok).toBe(false)
    expect(execution.apply(transaction({ sender: alice, nonce: 0, value })).ok).toBe(true)
  })
})

describe('what a block writes for the network itself', () => {
  test('its parent stands in the ring, and an old entry makes way after 256 blocks', () => {
    let state = genesis
    const roots: Hash[] = []
    for (let height = 1; height <= 258; height++) {
      roots.push(state.root)
      state = executed(rules, state, height, []).state
    }
    const words = wordsIn(state, SYSTEM_ADDRESS)
    expect(readRingEntry(words, 257)).toEqual({
      height: 257,
      hash: environmentAt(258, state).parentHash,
      stateRoot: roots[257],
    })
    expect(readRingEntry(words, 2)).toMatchObject({ height: 2, stateRoot: roots[2] })
    expect(readRingEntry(words, 1)).toBeUndefined()
  })

  test('proposers, missed leaders and voters are counted, and the first block of an epoch writes the schedule', () => {
    const justification = {
      ...NOTHING_MISSED,
      missedLeaders: [validator(1), validator(1), validator(2)],
      voters: [0, 1, 2].map(validator),
    }
    const first = executed(rules, genesis, 1, [], justification)
    const second = executed(rules, first.state, 2, [], { ...NOTHING_MISSED, voters: [validator(3)] })
    const words = wordsIn(second.state, SYSTEM_ADDRESS)
    expect(readCounters(words, 4)).toEqual([
      { proposed: 2, missed: 0, voted: 1 },
      { proposed: 0, missed: 2, voted: 1 },
      { proposed: 0, missed: 1, voted: 1 },
      { proposed: 0, missed: 0, voted: 1 },
    ])
    expect(readSchedule(words)).toMatchObject({
      epoch: 1,
      startHeight: 1,
      weights: [4, 4, 4, 4],
      seed: scheduleSeed(ZERO_HASH),
    })
    expect(second.nextValidators).toEqual(VALIDATORS)
    expect(second.end).toBe(false)
  })

  test('an epoch ends by blocks and time together, and leaves the weights of the next', () => {
    const capped = rulesWith([], { epochBlocksMax: 2, epochMsMin: 2 })
    let state = initialState(capped, 1)
    const ends: boolean[] = []
    for (let height = 1; height <= 3; height++) {
      const block = executed(capped, state, height, [], { ...NOTHING_MISSED, voters: [0, 1, 2].map(validator) })
      ends.push(block.end)
      state = block.state
    }
    expect(ends).toEqual([false, false, true])
    expect(readNextWeights(wordsIn(state, SYSTEM_ADDRESS))).toEqual([4, 4, 4, 1])
    const next = new BlockExecution(capped, state, environmentAt(4, state, { epoch: 2 })).finish(NOTHING_MISSED)
    const words = wordsIn(next.state, SYSTEM_ADDRESS)
    expect(readSchedule(words)).toMatchObject({ epoch: 2, startHeight: 4, weights: [4, 4, 4, 1] })
    expect(readCounters(words, 4).map((counters) => counters.voted)).toEqual([0, 0, 0, 0])
  })
})

describe('against other implementations', () => {
  test('intrinsic gas is that of @ethereumjs/tx', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.array(fc.constant(ZERO_HASH), { maxLength: 3 }), { maxLength: 4 }),
        (data, lists) => {
          const accessList = lists.map((storageKeys, index) => ({ address: addressOf(index), storageKeys }))
          const legacy = createLegacyTx({ to: alice, data }, { common: london })
          expect(BigInt(intrinsicGas({ data, accessList: [] }))).toBe(legacy.getIntrinsicGas())
          const typed = createAccessList2930Tx(
            {
              to: alice,
              data,
              accessList: lists.map((storageKeys, i) => [fromHex(addressOf(i)), storageKeys.map(fromHex)]),
            },
            { common: london },
          )
          expect(BigInt(intrinsicGas({ data, accessList }))).toBe(typed.getIntrinsicGas())
        },
      ),
    )
  })

  test('the block hash is that of @ethereumjs/block', () => {
    const block = executed(rules, genesis, 1, [transaction({ sender: alice, nonce: 0 })])
    const header: Header = {
      parentHash: ZERO_HASH,
      miner: alice,
      stateRoot: block.stateRoot,
      transactionsRoot: block.transactionsRoot,
      receiptsRoot: block.receiptsRoot,
      logsBloom: block.logsBloom,
      height: 1,
      gasLimit: 30_000_000,
      gasUsed: block.gasUsed,
      baseFeePerGas: 1_000_000_000n,
      consensus: {
        epoch: 1,
        view: 3,
        justifyView: 2,
        justifyDigest: ZERO_HASH,
        tcDigest: null,
        validatorsHash: ZERO_HASH,
        nextValidatorsHash: ZERO_HASH,
        end: false,
        suffix: false,
        timeMs: 1_700_000_000_123,
      },
    }
    const theirs = createBlockHeader(
      {
        parentHash: header.parentHash,
        coinbase: header.miner,
        stateRoot: header.stateRoot,
        transactionsTrie: header.transactionsRoot,
        receiptTrie: header.receiptsRoot,
        logsBloom: header.logsBloom,
        difficulty: 0n,
        number: 1n,
        gasLimit: 30_000_000n,
        gasUsed: BigInt(header.gasUsed),
        timestamp: BigInt(timestampOf(header)),
        extraData: encodeExtraData(header.consensus),
        baseFeePerGas: header.baseFeePerGas,
      },
      { common: london, skipConsensusFormatValidation: true },
    )
    expect(hashHeader(header)).toBe(toHex(theirs.hash()))
  })
})
