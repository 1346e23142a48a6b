/** What the operator takes out of the pool is part of a recording: blocks are built from what is left. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keccak256 } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { expect, it, onTestFinished } from 'vitest'
import { callAdmin } from '../../src/cli/admin-client.ts'
import { ask, startSingleNode } from '../conformance/single-node.ts'
import { tertia } from './harness/processes.ts'

const CHAIN_ID = 13_371
const account = mnemonicToAccount('test test test test test test test test test test test junk')

function signed(nonce: number, value: bigint) {
  const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 0n, gas: 21_000n }
  return account.signTransaction({ ...fees, type: 'eip1559', chainId: CHAIN_ID, nonce, to: account.address, value })
}

it('a recording of a node whose pool was changed by its operator replays', { timeout: 120_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tertia-record-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const recordPath = join(directory, 'recording')
  const alloc = { [account.address]: { balance: '0xc097ce7bc90715b34b9f' } }
  const node = await (await startSingleNode({ chainId: CHAIN_ID, alloc })).restart({ recordPath })
  const behindGap = await signed(1, 1n)
  await ask(node.url, 'eth_sendRawTransaction', behindGap)
  expect(await callAdmin(node.dataDir, 'txpool_drop', [keccak256(behindGap)])).toBe(true)
  expect(await callAdmin(node.dataDir, 'txpool_drop', [keccak256(behindGap)])).toBe(false)
  await ask(node.url, 'eth_sendRawTransactionSync', await signed(0, 0n))
  const last = (await ask(node.url, 'eth_sendRawTransactionSync', await signed(1, 2n))) as { blockNumber: string }
  await node.stop()
  const { code, stdout, stderr } = await tertia(['replay', recordPath, '--json']).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const heights = stdout.split('\n').flatMap((line) => /"height":(\d+)/.exec(line)?.[1] ?? [])
  expect(heights.at(-1)).toBe(String(Number(last.blockNumber)))
})
