/**
 * Micro-benchmark of the state trie: a block of random account updates on a large state, its
 * root, and the changes a store would write. Prints a table and one line of JSON.
 */
import { bigIntToBytes, bigIntToFixedBytes } from '../../src/base/bytes.ts'
import { encodeRlp } from '../../src/codec/rlp.ts'
import { keccak256 } from '../../src/crypto/keccak.ts'
import { orderedTrieRoot } from '../../src/trie/ordered-root.ts'
import { EMPTY_ROOT, Trie } from '../../src/trie/trie.ts'

const ACCOUNTS = 100_000
const UPDATES = 2_000
const BLOCKS = 60
const WARM_UP_BLOCKS = 20
const CODE_HASH = keccak256(new Uint8Array(0))

function account(nonce: number, balance: bigint): Uint8Array {
  return encodeRlp([bigIntToBytes(BigInt(nonce)), bigIntToBytes(balance), EMPTY_ROOT, CODE_HASH])
}

function median(samples: number[]): number {
  return samples.sort((a, b) => a - b)[samples.length >> 1] ?? Number.NaN
}

/** Milliseconds of each step, medians over the blocks. */
function measureBlocks(keys: readonly Uint8Array[]) {
  let trie = Trie.empty().update(keys.map((key, i) => [key, account(0, 10n ** 18n + BigInt(i))] as const))
  trie.root()
  const update: number[] = []
  const root: number[] = []
  const changes: number[] = []
  let seed = 1
  for (let block = 0; block < BLOCKS; block++) {
    const batch = Array.from({ length: UPDATES }, () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      return [keys[seed % keys.length] as Uint8Array, account(block + 1, 10n ** 18n + BigInt(seed))] as const
    })
    const t0 = performance.now()
    const next = trie.update(batch)
    const t1 = performance.now()
    next.root()
    const t2 = performance.now()
    next.changesSince(trie)
    const t3 = performance.now()
    trie = next
    if (block < WARM_UP_BLOCKS) continue
    update.push(t1 - t0)
    root.push(t2 - t1)
    changes.push(t3 - t2)
  }
  return { trie, update: median(update), root: median(root), changes: median(changes) }
}

function microseconds(count: number, run: (i: number) => void): number {
  const start = performance.now()
  for (let i = 0; i < count; i++) run(i)
  return ((performance.now() - start) / count) * 1000
}

function main(): void {
  const keys = Array.from({ length: ACCOUNTS }, (_, i) => keccak256(bigIntToFixedBytes(BigInt(i), 20)))
  const { trie, update, root, changes } = measureBlocks(keys)
  const envelopes = Array.from({ length: 1000 }, (_, i) => new Uint8Array(110).fill(i))
  const figures = {
    accounts: ACCOUNTS,
    updatesPerBlock: UPDATES,
    updateMs: update,
    rootMs: root,
    changesMs: changes,
    updatesPerSecond: UPDATES / ((update + root) / 1000),
    updatesPerSecondWithChanges: UPDATES / ((update + root + changes) / 1000),
    getUs: microseconds(100_000, (i) => trie.get(keys[(i * 7919) % ACCOUNTS] as Uint8Array)),
    proofUs: microseconds(5_000, (i) => trie.proof(keys[(i * 7919) % ACCOUNTS] as Uint8Array)),
    keccak32Us: microseconds(100_000, () => keccak256(CODE_HASH)),
    orderedRootOf1000Ms: microseconds(10, () => orderedTrieRoot(envelopes)) / 1000,
  }
  console.table(Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value.toFixed(2))])))
  console.log(JSON.stringify({ benchmark: 'trie', ...figures }))
}

main()
