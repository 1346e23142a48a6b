/** viem over a devnet: its chain, its public accounts, a client for each replica. */
import { createPublicClient, createWalletClient, defineChain, type Hex, http, type TransactionReceipt } from 'viem'
import { type HDAccount, mnemonicToAccount } from 'viem/accounts'
import { eventually } from './processes.ts'

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

/** By index. BOUND: of the accounts of a devnet. */
const accounts = new Map<number, HDAccount>()

export function account(index: number): HDAccount {
  // Deriving the seed takes tens of milliseconds.
  const known = accounts.get(index) ?? mnemonicToAccount(MNEMONIC, { addressIndex: index })
  accounts.set(index, known)
  return known
}

/**
 * Far longer than an answer takes: viem 2.57 counts an answer to its question for a receipt that is
 * still on its way for the block that it hears of meanwhile, and where no block follows it waits in vain.
 */
const POLLING_INTERVAL_MS = 1_000

export function reader(url: string) {
  return createPublicClient({ chain, transport: http(url), pollingInterval: POLLING_INTERVAL_MS })
}

/** Asked for until it is there. */
export function receiptFrom(url: string, hash: Hex, timeoutMs?: number): Promise<TransactionReceipt> {
  return eventually(`the receipt of ${hash} at ${url}`, () => reader(url).getTransactionReceipt({ hash }), timeoutMs)
}

export function wallet(url: string, index: number) {
  return createWalletClient({ chain, account: account(index), transport: http(url) })
}

/** An address that nobody has used. */
export function freshAddress(): `0x${string}` {
  const bytes = crypto.getRandomValues(new Uint8Array(20))
  return `0x${Buffer.from(bytes).toString('hex')}`
}
