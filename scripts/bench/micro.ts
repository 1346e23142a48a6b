/**
 * What each step of a transfer's way through a replica costs by itself, in CPU time, so that a
 * busy machine does not blur it; medians over rounds. Prints a table and one line of JSON:
 * npm run script -- scripts/bench/micro.ts
 */
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { defined, invariant } from '../../src/base/invariant.ts'
import { DEVNET_CHAIN_ID, devAccounts } from '../../src/cli/supervision/dev-accounts.ts'
import { keccak256Hash } from '../../src/crypto/keccak.ts'
import { addressOfPublicKey } from '../../src/crypto/secp256k1.ts'
import { decodeTransaction } from '../../src/crypto/transaction-codec.ts'
import { BlockExecution } from '../../src/ledger/block-execution.ts'
import { buildGenesisBlock, FIRST_EPOCH } from '../../src/ledger/genesis/genesis-block.ts'
import { parseGenesis } from '../../src/ledger/genesis/parse-genesis.ts'
import { moduleRegistry } from '../../src/ledger/module-registry.ts'
import { ledgerRules } from '../../src/ledger/rules.ts'
import { readParameters } from '../../src/ledger/system/parameters.ts'
import { systemWordsIn } from '../../src/ledger/system/state-records.ts'
import type { WorldState } from '../../src/ledger/world-state.ts'
import { Mempool } from '../../src/mempool/mempool.ts'
import { DEFAULT_MEMPOOL_LIMITS } from '../../src/mempool/mempool-limits.ts'
import { chooseRecoverer } from '../../src/node/crypto/choose-recoverer.ts'
import { chooseSigner } from '../../src/node/keys/choose-signer.ts'
import { orderedTrieRoot } from '../../src/trie/ordered-root.ts'
import type { SignedTransaction } from '../../src/types/transaction.ts'
import type { Verified } from '../../src/types/verified.ts'
import { checkTransaction, recoverItemOf, withSender } from '../../src/validation/transaction.ts'
import { median } from './statistics.ts'
import { SigningDesk } from './workload.ts'

const TRANSACTIONS = 256
const ROUNDS = 30
const WARM_UP_ROUNDS = 10
const ACCOUNTS = 1_000
const BALANCE = (10n ** 22n).toString()

/** Microseconds of CPU for one of `count`, the median of the rounds. */
function cost(count: number, run: () => void): number {
  const samples: number[] = []
  for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round++) {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    if (round >= WARM_UP_ROUNDS) samples.push((user + system) / count)
  }
  return median(samples)
}

const accounts = devAccounts(ACCOUNTS)
const validator = defined(accounts[0], 'an account')
const { recoverer } = await chooseRecoverer()

function genesisState() {
  const genesis = parseGenesis({
    chainId: DEVNET_CHAIN_ID,
    name: 'benchmark',
    timestamp: 1_700_000_000,
    validators: [
      {
        consensusKey: toHex(chooseSigner(validator.privateKey).publicKey),
        peer: `/ip4/127.0.0.1/tcp/1/p2p/${'Q'.repeat(46)}`,
        name: 'v0',
      },
    ],
    alloc: Object.fromEntries(accounts.map(({ address }) => [address, { balance: BALANCE }])),
  })
  if (!genesis.ok) throw new Error(genesis.error.message)
  const registry = moduleRegistry([])
  if (!registry.ok) throw new Error(registry.error.message)
  return { genesis: genesis.value, registry: registry.value, ...buildGenesisBlock(genesis.value, registry.value) }
}

function verified(envelope: Uint8Array): Verified<SignedTransaction> {
  const decoded = decodeTransaction(envelope)
  const checked = decoded.ok ? checkTransaction(decoded.value, { chainId: DEVNET_CHAIN_ID }) : decoded
  if (!checked.ok) throw new Error(checked.error.message)
  const { digest, signature, yParity } = recoverItemOf(checked.value)
  const key = recoverer.recoverUncompressed(digest, signature, yParity)
  const transaction = withSender(checked.value, key && addressOfPublicKey(key))
  if (!transaction.ok) throw new Error(transaction.error.message)
  return transaction.value
}

function measure() {
  const { genesis, registry, block, state, validators } = genesisState()
  const rules = ledgerRules(genesis, registry, block.hash, recoverer)
  const desk = new SigningDesk('transfer', DEVNET_CHAIN_ID, accounts)
  const envelopes = Array.from({ length: TRANSACTIONS }, (_, i) => fromHex(desk.take(i).envelope))
  const transactions = envelopes.map((envelope) => verified(envelope))
  const digest = fromHex(block.hash)
  const signer = chooseSigner(validator.privateKey)
  const { signature } = signer.sign(digest)
  const { baseFeePerGas, gasLimit } = readParameters(systemWordsIn(state))
  const proposer = defined(validators[0], 'the validator').address
  const environment = {
    height: 1,
    timeMs: 1_700_000_001_000,
    proposer,
    feeRecipient: proposer,
    parentHash: block.hash,
    parentStateRoot: block.header.stateRoot,
    epoch: FIRST_EPOCH,
    gasLimit,
    baseFeePerGas,
  }
  const execute = (): BlockExecution => {
    const execution = new BlockExecution(rules, state, environment)
    for (const transaction of transactions) invariant(execution.apply(transaction).ok, 'a transfer is valid')
    return execution
  }
  const finish = (execution: BlockExecution): WorldState =>
    execution.finish({ view: 1, justifyView: 0, missedLeaders: [], voters: [] }).state
  const after = finish(execute())
  const fill = (): Mempool => {
    const pool = new Mempool(DEFAULT_MEMPOOL_LIMITS, { isFree: () => false })
    for (const transaction of transactions) pool.add(transaction, 'local', state, baseFeePerGas, 0)
    return pool
  }
  const each = (run: (envelope: Uint8Array) => unknown): void => {
    for (const envelope of envelopes) run(envelope)
  }
  const applied = cost(TRANSACTIONS, execute)
  return {
    'hash an envelope (keccak256, as text)': cost(TRANSACTIONS, () => each(keccak256Hash)),
    'decode and hash': cost(TRANSACTIONS, () => each(decodeTransaction)),
    'decode, hash, recover the sender': cost(TRANSACTIONS, () => each(verified)),
    'add to the pool': cost(TRANSACTIONS, fill),
    'base fee from the state': cost(TRANSACTIONS, () => {
      for (let i = 0; i < TRANSACTIONS; i++) readParameters(systemWordsIn(state))
    }),
    execute: applied,
    'roots of state, body and receipts': cost(TRANSACTIONS, () => finish(execute())) - applied,
    'root of the body alone': cost(TRANSACTIONS, () => orderedTrieRoot(envelopes)),
    'state nodes to write': cost(TRANSACTIONS, () => after.changesSince(state)),
    'sign a vote': cost(TRANSACTIONS, () => each(() => signer.sign(digest))),
    'verify a vote': cost(TRANSACTIONS, () => each(() => recoverer.verify(digest, signature, signer.publicKey))),
  }
}

const figures = measure()
console.log(`CPU µs a transaction, in blocks of ${TRANSACTIONS}; signatures: ${recoverer.name}`)
console.table(Object.fromEntries(Object.entries(figures).map(([step, us]) => [step, Number(us.toFixed(2))])))
console.log(JSON.stringify({ benchmark: 'micro', transactions: TRANSACTIONS, microseconds: figures }))
