/** Names a network: by the hash of its block 0, or by its genesis file. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildGenesisBlock } from '../ledger/genesis/genesis-block.ts'
import { EXIT } from '../node/exit-codes.ts'
import { readGenesisFile } from '../node/genesis-file.ts'
import type { FaultModel } from '../types/fault-model.ts'
import { type Hash, parseHash } from '../types/ids.ts'
import { fail, unwrap } from './failure.ts'

interface NamedNetwork {
  readonly hash: Hash
  /** Null where only the hash is given, which does not say it. */
  readonly faultModel: FaultModel | null
}

export async function genesisHash(given: string): Promise<Hash> {
  return (await namedNetwork(given)).hash
}

/** A file names modules, which are part of block 0. */
export async function namedNetwork(given: string): Promise<NamedNetwork> {
  const named = parseHash(given)
  if (named !== undefined) return { hash: named, faultModel: null }
  if (!existsSync(given)) return fail(`--genesis ${given} is neither a hash nor a file`, EXIT.usage)
  const scratch = mkdtempSync(join(tmpdir(), 'tertia-genesis-'))
  try {
    const { genesis, registry } = unwrap(await readGenesisFile(given, [], scratch))
    return { hash: buildGenesisBlock(genesis, registry).block.hash, faultModel: genesis.faultModel }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
