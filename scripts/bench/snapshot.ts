/**
 * What it costs to cut the accounts of a large state into chunks, and to check each against the
 * root and build the state again, in memory: no network, no disk. Prints a table and a line of JSON.
 */
import { bigIntToBytes, bigIntToFixedBytes } from '../../src/base/bytes.ts'
import { encodeRlp } from '../../src/codec/rlp.ts'
import { keccak256 } from '../../src/crypto/keccak.ts'
import { cutChunk, HIGHEST_KEY, LOWEST_KEY, verifyChunk } from '../../src/sync/snapshot/state-chunk.ts'
import { EMPTY_ROOT, Trie } from '../../src/trie/trie.ts'
import { peakMebibytes } from './process-usage.ts'

const ACCOUNTS = Number(process.argv[2] ?? 1_000_000)
const CHUNK_BYTES = 256 * 1024
/** Genesis in parts, so that its changes are never all in memory beside it. */
const BATCH = 50_000
const CODE_HASH = keccak256(new Uint8Array(0))

function largeState(): Trie {
  let trie = Trie.empty()
  for (let start = 0; start < ACCOUNTS; start += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, ACCOUNTS - start) }, (_, i) => {
      const n = BigInt(start + i)
      const account = encodeRlp([bigIntToBytes(0n), bigIntToBytes(10n ** 18n + n), EMPTY_ROOT, CODE_HASH])
      return [keccak256(bigIntToFixedBytes(n, 20)), account] as const
    })
    trie = trie.update(batch)
    trie.root()
  }
  return trie
}

function main(): void {
  const served = largeState()
  const root = served.root()
  const peakBeforeMebibytes = peakMebibytes(process.pid)
  const figures = { chunks: 0, entryBytes: 0, proofBytes: 0, cutMs: 0, verifyMs: 0, buildMs: 0, longestCutMs: 0 }
  let joined = Trie.empty()
  for (let from: Uint8Array | undefined = LOWEST_KEY; from !== undefined; figures.chunks += 1) {
    const t0 = performance.now()
    const chunk = cutChunk(served, from, CHUNK_BYTES)
    const t1 = performance.now()
    const verified = verifyChunk({ root, from, until: HIGHEST_KEY, bytesMax: CHUNK_BYTES }, chunk)
    const t2 = performance.now()
    if (!verified.ok) throw new Error(verified.error.message)
    joined = joined.update(chunk.entries)
    joined.root()
    figures.buildMs += performance.now() - t2
    figures.cutMs += t1 - t0
    figures.verifyMs += t2 - t1
    figures.longestCutMs = Math.max(figures.longestCutMs, t1 - t0)
    for (const [key, value] of chunk.entries) figures.entryBytes += key.length + value.length
    for (const node of chunk.proof) figures.proofBytes += node.length
    from = verified.value.next
  }
  if (Buffer.compare(joined.root(), root) !== 0) throw new Error('the state built from chunks has another root')
  const all = { accounts: ACCOUNTS, ...figures, peakBeforeMebibytes, peakMebibytes: peakMebibytes(process.pid) }
  console.table(Object.fromEntries(Object.entries(all).map(([name, value]) => [name, Math.round(value)])))
  console.log(JSON.stringify({ benchmark: 'snapshot', ...all }))
}

main()
