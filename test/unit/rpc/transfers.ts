/** Signed transfers of the first account, made by viem. */
import type { Hex } from 'viem'
import { BASE_FEE, CHAIN_ID } from './fake-node.ts'
import { account, RECIPIENT } from './harness.ts'

export function signTransfer(nonce: number, to: Hex = RECIPIENT, data: Hex = '0x'): Promise<Hex> {
  return account.signTransaction({
    type: 'eip1559',
    chainId: CHAIN_ID,
    nonce,
    to,
    value: 1n,
    data,
    gas: 50_000n,
    maxFeePerGas: 2n * BASE_FEE,
    maxPriorityFeePerGas: 3n,
  })
}
