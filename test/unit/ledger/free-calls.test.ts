import { describe, expect, test } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { signTransaction } from '../../../src/crypto/transaction-codec.ts'
import { BlockExecution } from '../../../src/ledger/block-execution.ts'
import { GOVERNANCE_CALL_GAS } from '../../../src/ledger/gas.ts'
import { encodeValidatorsCall } from '../../../src/ledger/modules/validators/encode-call.ts'
import { SYSTEM_ADDRESS } from '../../../src/ledger/system/system-account.ts'
import { EVIDENCE_BYTES_MAX } from '../../../src/types/evidence.ts'
import type { SignedTransaction } from '../../../src/types/transaction.ts'
import { NOTHING_MISSED, transaction } from './fixtures.ts'
import { callOf, GovernedLedger, type Member, memberNamed, STRANGER } from './validators/governed-ledger.ts'

const FREE_IN_A_BLOCK = 8

function open(genesis: Readonly<Record<string, unknown>> = {}) {
  const ledger = new GovernedLedger({ candidates: 1, genesis })
  const execution = new BlockExecution(ledger.rules, ledger.state, ledger.environment(ledger.height + 1))
  const nonceOf = (member: Member) => ledger.state.account(member.id).nonce
  /** Offers nothing. */
  const call = (member: Member, later = 0, changes: Partial<SignedTransaction> = {}) =>
    transaction({
      ...callOf(member, 'setPeer', ['/ip4/127.0.0.1/tcp/1/p2p/12D3KooWGRUaCpVnyfWZh6yfvCTJJUvBnHKVGUfGKrvPVfBkQzUv']),
      ...{ to: SYSTEM_ADDRESS, gasLimit: 2_000_000, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
      nonce: nonceOf(member) + later,
      ...changes,
    })
  return { ledger, execution, call }
}

describe('a call of the validators module is free', () => {
  test('for a validator and a candidate: it costs gas of the block and nothing of the account', () => {
    const { ledger, execution, call } = open()
    for (const member of [ledger.members[1], ledger.candidates[0]] as Member[]) {
      const before = execution.gasLeft
      const receipt = execution.apply(call(member))
      expect(receipt).toMatchObject({ ok: true, value: { status: 1, effectiveGasPrice: 0n } })
      expect(execution.gasLeft).toBeLessThan(before)
    }
    const { state } = execution.finish(NOTHING_MISSED)
    for (const { id } of [...ledger.members, ...ledger.candidates])
      expect(state.account(id).balance).toBe(ledger.state.account(id).balance)
  })

  test('whatever caps and balance its sender has', () => {
    const { ledger, execution, call } = open()
    const rich = call(ledger.members[0] as Member, 0, { maxFeePerGas: 2n ** 200n, maxPriorityFeePerGas: 2n ** 200n })
    expect(execution.apply(rich)).toMatchObject({ ok: true, value: { effectiveGasPrice: 0n } })
  })

  test('eight times in a block; the next waits if it cannot pay, and pays if it can', () => {
    const { ledger, execution, call } = open()
    const member = ledger.members[0] as Member
    for (let n = 0; n < FREE_IN_A_BLOCK; n++) {
      expect(execution.mustWait(call(member, n))).toBe(false)
      expect(execution.apply(call(member, n)).ok).toBe(true)
    }
    const next = call(member, FREE_IN_A_BLOCK)
    expect(execution.mustWait(next)).toBe(true)
    expect(execution.apply(next)).toMatchObject({ ok: false, error: { code: 'feeCapBelowBaseFee' } })
    const paid = call(member, FREE_IN_A_BLOCK, { maxFeePerGas: 10n ** 9n })
    expect(execution.mustWait(paid)).toBe(false)
    expect(execution.apply(paid)).toMatchObject({ ok: true, value: { effectiveGasPrice: 10n ** 9n } })
  })

  test('eight times in a block; the next waits, however high its caps, if its sender does not own what it may cost', () => {
    const { ledger, execution, call } = open({ alloc: {} })
    const member = ledger.members[0] as Member
    const dear = { maxFeePerGas: 10n ** 9n }
    for (let n = 0; n < FREE_IN_A_BLOCK; n++) expect(execution.apply(call(member, n, dear)).ok).toBe(true)
    const next = call(member, FREE_IN_A_BLOCK, dear)
    expect(execution.mustWait(next)).toBe(true)
    expect(execution.apply(next)).toMatchObject({ ok: false, error: { code: 'insufficientFunds' } })
  })

  test.for<[string, (ledger: GovernedLedger) => Member, Partial<SignedTransaction>]>([
    ['from nobody else', () => STRANGER, {}],
    ['to no other address', (ledger) => ledger.members[0] as Member, { to: STRANGER.id }],
    ['with no value', (ledger) => ledger.members[0] as Member, { value: 1n }],
    ['no longer than 8 KiB', (ledger) => ledger.members[0] as Member, { envelope: new Uint8Array(8 * 1024 + 1) }],
    ['with no more gas than any needs', (ledger) => ledger.members[0] as Member, { gasLimit: GOVERNANCE_CALL_GAS + 1 }],
  ])('%s', ([, who, changes]) => {
    const { ledger, execution, call } = open()
    expect(execution.apply(call(who(ledger), 0, changes))).toMatchObject({ error: { code: 'feeCapBelowBaseFee' } })
  })

  test('as long as the longest evidence', () => {
    const data = encodeValidatorsCall('submitEvidence', [toHex(new Uint8Array(EVIDENCE_BYTES_MAX).fill(1))])
    const unsigned = {
      type: 2,
      chainId: Number.MAX_SAFE_INTEGER,
      nonce: Number.MAX_SAFE_INTEGER,
      accessList: [],
    } as const
    const fees = { maxFeePerGas: 2n ** 256n - 1n, maxPriorityFeePerGas: 2n ** 256n - 1n }
    const { signer } = memberNamed('validator 0')
    const envelope = signTransaction(
      { ...unsigned, ...fees, gasLimit: GOVERNANCE_CALL_GAS, to: SYSTEM_ADDRESS, value: 0n, data },
      signer,
    )
    const { execution, call } = open()
    expect(execution.apply(call(memberNamed('validator 0'), 0, { envelope, data })).ok).toBe(true)
  })

  test('not for who is jailed, from the block after the evidence on', () => {
    const { ledger } = open()
    const culprit = ledger.members[2] as Member
    ledger.call(STRANGER, 'submitEvidence', [ledger.doubleVote(culprit)])
    const execution = new BlockExecution(ledger.rules, ledger.state, ledger.environment(ledger.height + 1))
    const free = transaction({
      ...callOf(culprit, 'leave', []),
      ...{ to: SYSTEM_ADDRESS, gasLimit: 2_000_000, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
      nonce: ledger.state.account(culprit.id).nonce,
    })
    expect(execution.apply(free)).toMatchObject({ error: { code: 'feeCapBelowBaseFee' } })
  })
})
