import { readFileSync } from 'node:fs'
import { decodeErrorResult, decodeFunctionResult, encodeFunctionData } from 'viem'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/base/bytes.ts'
import { BlockExecution } from '../../../src/ledger/block-execution.ts'
import { simulateCall } from '../../../src/ledger/simulate-call.ts'
import counter from './counter-module.ts'
import { addressOf, environmentAt, initialState, NOTHING_MISSED, rulesWith, transaction } from './fixtures.ts'

const rules = rulesWith([counter])
const alice = addressOf(0)

test('the example in the documentation of defineModule is this module', () => {
  const documented = /```ts\n(.*?) \* ```/s.exec(readFileSync('src/ledger/module.ts', 'utf8'))?.[1]
  const code = documented?.replaceAll(/^ \* ?/gm, '').replace('tertia/module', '../../../src/ledger/module.ts')
  expect(code).toBe(readFileSync('test/unit/ledger/counter-module.ts', 'utf8'))
})

test('the example counts for each owner and refuses to add nothing', () => {
  let state = initialState(rules, 1)
  const encoded = (functionName: string, args: readonly unknown[]) =>
    fromHex(encodeFunctionData({ abi: counter.abi, functionName, args }))
  for (const [nonce, amount] of [40, 2].entries()) {
    const execution = new BlockExecution(rules, state, environmentAt(nonce + 1, state))
    const data = encoded('add', [amount])
    execution.apply(transaction({ sender: alice, nonce, to: counter.address, gasLimit: 100_000, data }))
    state = execution.finish(NOTHING_MISSED).state
  }
  const request = { from: alice, to: counter.address, value: 0n, gasLimit: 1_000_000 }
  const run = (data: Uint8Array) => simulateCall(rules, state, environmentAt(3, state), { ...request, data })
  const total = run(encoded('total', [alice]))
  const data = total.ok ? toHex(total.value.data) : '0x'
  expect(decodeFunctionResult({ abi: counter.abi, functionName: 'total', data })).toBe(42n)
  const refused = run(encoded('add', [0]))
  const error = refused.ok ? toHex(refused.value.data) : '0x'
  expect(decodeErrorResult({ abi: counter.abi, data: error }).errorName).toBe('NothingToAdd')
})
