/** A network with one validator, and block 0 of it. */
import { toHex } from '../../../src/base/bytes.ts'
import { createSigner } from '../../../src/crypto/secp256k1.ts'
import { buildGenesisBlock, type GenesisBlock } from '../../../src/ledger/genesis/genesis-block.ts'
import { parseGenesis } from '../../../src/ledger/genesis/parse-genesis.ts'
import { moduleRegistry } from '../../../src/ledger/module-registry.ts'

export function genesisText(name: string): string {
  const consensusKey = toHex(createSigner(new Uint8Array(32).fill(7)).publicKey)
  const validators = [{ consensusKey, peer: `/ip4/127.0.0.1/tcp/1/p2p/${'Q'.repeat(46)}`, name: 'one' }]
  return JSON.stringify({ chainId: 1, name, timestamp: 1_700_000_000, validators, alloc: {} })
}

export function genesisBlock(name: string): GenesisBlock {
  const genesis = parseGenesis(genesisText(name))
  if (!genesis.ok) throw new Error(genesis.error.message)
  const modules = moduleRegistry(genesis.value.modules)
  if (!modules.ok) throw new Error(modules.error.message)
  return buildGenesisBlock(genesis.value, modules.value)
}
