import { describe, expect, it } from 'vitest'
import { defined } from '../../../src/base/invariant.ts'
import { silentLogger } from '../../../src/base/logger.ts'
import { signTransaction } from '../../../src/crypto/transaction-codec.ts'
import { Mempool } from '../../../src/mempool/mempool.ts'
import { DEFAULT_MEMPOOL_LIMITS } from '../../../src/mempool/mempool-limits.ts'
import { BlockExecutor } from '../../../src/replica/block-executor.ts'
import { resultAt } from '../../../src/replica/block-result.ts'
import { OWN_WORK } from '../../../src/replica/shared-work.ts'
import { TransactionVerifier } from '../../../src/replica/transaction-verifier.ts'
import { TokenCrypto } from '../../../src/simulation/host/simulated-crypto.ts'
import { simulatedGenesis, WALL_ORIGIN_MS } from '../../../src/simulation/simulated-genesis.ts'
import type { Block } from '../../../src/types/block.ts'
import { rootQc } from '../../../src/types/certificate.ts'
import type { Hash } from '../../../src/types/ids.ts'

const OPTIONS = { validators: 4, faultModel: 'byzantine', viewTimeoutMs: 600, viewTimeoutMsMax: 3_000 } as const
const GWEI = 10n ** 9n

/** A leader's executor and pool on a fresh chain, and a client that spends. */
function world() {
  const crypto = new TokenCrypto()
  const { genesis, block, rules, validators, clients } = simulatedGenesis(OPTIONS, crypto)
  const client = defined(clients[0], 'a client')
  const pool = new Mempool(DEFAULT_MEMPOOL_LIMITS, { isFree: () => false })
  const verifier = new TransactionVerifier(
    { chainId: genesis.chainId },
    (items, done) => done(crypto.recover(items)),
    (hash) => pool.get(hash),
  )
  const clock = { monotonicMs: () => 0, wallMs: () => WALL_ORIGIN_MS }
  const executor = new BlockExecutor(
    { rules, genesis },
    { validators, leaderOf: (view: number) => view % validators.n },
    { pool, verifier, clock, logger: silentLogger, shared: OWN_WORK },
    resultAt(block.block, block.state),
  )
  const transfer = (nonce: number, value: bigint): Uint8Array =>
    signTransaction(
      {
        type: 2,
        chainId: genesis.chainId,
        nonce,
        gasLimit: 21_000,
        to: defined(validators.at(0), 'a validator').address,
        value,
        data: new Uint8Array(0),
        accessList: [],
        maxFeePerGas: 2n * GWEI,
        maxPriorityFeePerGas: GWEI,
      },
      client.signer,
    )
  /** As if a client had sent it: judged by the latest final state. */
  const pooled = (envelope: Uint8Array): Hash => {
    let hash: Hash | undefined
    verifier.verify([envelope], ([verdict]) => {
      if (verdict?.ok !== true) throw new Error('a transaction that is not valid')
      const added = pool.add(verdict.value, 'local', block.state, GWEI, 0)
      if (!added.ok) throw new Error(added.error.message)
      hash = verdict.value.hash
    })
    return defined(hash, 'a hash')
  }
  const build = (parentHash: Hash, view: number): Block | null => {
    let built: Block | null = null
    const request = {
      parentHash,
      view,
      justify: { ...rootQc(1, parentHash), view: view - 1 },
      tc: null,
      empty: false,
      suffix: false,
    }
    const self = defined(validators.at(view % validators.n), 'a leader').address
    for (const _ of executor.build(request, self, (result) => {
      built = result
    }));
    return built
  }
  const balance = block.state.account(client.address).balance
  return { executor, pool, transfer, pooled, build, genesisHash: block.block.hash, balance }
}

describe('a leader', () => {
  it('has nothing to propose on a parent that refuses what waits, until the parent is another', () => {
    const { executor, pool, transfer, pooled, build, genesisHash, balance } = world()
    const half = balance / 2n + 1n
    const spent = pooled(transfer(0, half))
    const parent = defined(build(genesisHash, 1), 'a block')
    // Replaced in our pool, but not in the block that is under way: what follows cannot be paid for any more.
    pool.discard(spent)
    pooled(transfer(0, 0n))
    const second = pooled(transfer(1, half))
    expect(pool.hasCandidate(executor.parentView(parent.hash))).toBe(true)
    expect(build(parent.hash, 2)).toBeNull()
    expect(pool.hasCandidate(executor.parentView(parent.hash))).toBe(false)
    expect(pool.hasCandidate(executor.parentView(genesisHash))).toBe(true)
    expect(pool.get(second)).toBeDefined()
  })
})
