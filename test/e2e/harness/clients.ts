/** viem over a devnet: its chain, its public accounts, a client for each replica. */
import { createPublicClient, createWalletClient, defineChain, http } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'

export const CHAIN_ID = 13_371
export const MNEMONIC = 'test test test test test test test test test test test junk'
/** Of the genesis, for each account. */
export const GENESIS_BALANCE = 10_000n * 10n ** 18n

export const chain = defineChain({
  id: CHAIN_ID,
  name: 'devnet',
  nativeCurrency: { name: 'coin', symbol: 'COIN', decimals: 18 },
  rpcUrls: { default: { http: [] } },
})

export function account(index: number) {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index })
}

export function reader(url: string) {
  return createPublicClient({ chain, transport: http(url), pollingInterval: 50 })
}

export function wallet(url: string, index: number) {
  return createWalletClient({ chain, account: account(index), transport: http(url) })
}

/** An address that nobody has used. */
export function freshAddress(): `0x${string}` {
  const bytes = crypto.getRandomValues(new Uint8Array(20))
  return `0x${Buffer.from(bytes).toString('hex')}`
}
