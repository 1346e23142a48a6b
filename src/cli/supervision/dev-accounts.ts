/** The accounts of the well-known test mnemonic, which every wallet and test chain derives alike (BIP 39, 32 and 44). */
import { HDKey } from '@scure/bip32'
import { mnemonicToSeedSync } from '@scure/bip39'
import { defined } from '../../base/invariant.ts'
import { publicKeyOf } from '../../node/keys/key-file.ts'
import type { Address } from '../../types/ids.ts'

export const MNEMONIC = 'test test test test test test test test test test test junk'
/** Of the built-in genesis. */
export const DEVNET_CHAIN_ID = 13_371
export const ACCOUNTS_MAX = 1_000
export const BALANCE_COINS = 10_000n

const PATH = "m/44'/60'/0'/0"

export interface DevAccount {
  readonly address: Address
  readonly privateKey: Uint8Array
}

/** Accounts `first` to `first + count - 1`. */
export function devAccounts(count: number, first = 0): readonly DevAccount[] {
  const parent = HDKey.fromMasterSeed(mnemonicToSeedSync(MNEMONIC)).derive(PATH)
  return Array.from({ length: count }, (_, index) => {
    const privateKey = defined(parent.deriveChild(first + index).privateKey, 'the key of a derived account')
    return { address: publicKeyOf(privateKey).address, privateKey }
  })
}
