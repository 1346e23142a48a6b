import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { hashHeader } from '../../../src/crypto/digests.ts'
import { createSigner } from '../../../src/crypto/secp256k1.ts'
import { buildGenesisBlock, type GenesisBlock } from '../../../src/ledger/genesis/genesis-block.ts'
import { parseGenesis } from '../../../src/ledger/genesis/parse-genesis.ts'
import { moduleRegistry } from '../../../src/ledger/module-registry.ts'
import { type OpenedChain, openChain } from '../../../src/replica/open-replica.ts'
import { SEGMENT_HEADER_BYTES, segmentName } from '../../../src/storage/journal/segment.ts'
import { BLOCK_RECORD, encodeBlockRecord } from '../../../src/storage/journal-records.ts'
import { MemoryFiles } from '../../../src/storage/memory/memory-files.ts'
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts'
import { StorageFailure } from '../../../src/storage/storage-failure.ts'
import type { Block } from '../../../src/types/block.ts'

function genesisBlock(name: string): GenesisBlock {
  const consensusKey = toHex(createSigner(new Uint8Array(32).fill(7)).publicKey)
  const validators = [{ consensusKey, peer: `/ip4/127.0.0.1/tcp/1/p2p/${'Q'.repeat(46)}`, name: 'one' }]
  const genesis = parseGenesis({ chainId: 1, name, timestamp: 1_700_000_000, validators, alloc: {} })
  if (!genesis.ok) throw new Error(genesis.error.message)
  const modules = moduleRegistry(genesis.value.modules)
  if (!modules.ok) throw new Error(modules.error.message)
  return buildGenesisBlock(genesis.value, modules.value)
}

function open(store: MemoryStore, files: MemoryFiles, genesis: GenesisBlock): OpenedChain {
  const opened = openChain(store, files, genesis)
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}

/** A chain of one block that is final, synced and applied. */
function chainOfOne(genesis: GenesisBlock): { store: MemoryStore; files: MemoryFiles; block: Block } {
  const store = new MemoryStore()
  const files = new MemoryFiles()
  const chain = open(store, files, genesis)
  const header = { ...genesis.block.header, height: 1, parentHash: genesis.block.hash }
  const block: Block = { ...genesis.block, header, hash: hashHeader(header) }
  const position = chain.journal.append(BLOCK_RECORD, encodeBlockRecord(block))
  chain.journal.sync(() => undefined)
  chain.store.apply({
    final: { block, transactions: [], receipts: [], finality: null },
    position,
    finalityPosition: null,
    changes: { created: [], stale: [], code: new Map() },
    nextValidators: null,
  })
  return { store, files, block }
}

describe('openChain', () => {
  const genesis = genesisBlock('ours')

  it('begins with genesis where there is nothing', () => {
    const { tip } = open(new MemoryStore(), new MemoryFiles(), genesis).store
    expect(tip.hash).toBe(genesis.block.hash)
  })

  it('goes on from the tip that was applied last', () => {
    const { store, files, block } = chainOfOne(genesis)
    const reopened = open(store, files, genesis)
    expect(reopened.store.tip.hash).toBe(block.hash)
    expect(reopened.store.block(1)).toEqual(block)
    expect(reopened.recovered.blocks).toEqual([])
  })

  it('finds in the journal what the state has lost', () => {
    const { files, block } = chainOfOne(genesis)
    const reopened = open(new MemoryStore(), files, genesis)
    expect(reopened.store.tip.hash).toBe(genesis.block.hash)
    expect(reopened.recovered.blocks).toEqual([block])
  })

  it('refuses a state whose journal is gone, for the blocks are nowhere else', () => {
    const { store } = chainOfOne(genesis)
    const opened = openChain(store, new MemoryFiles(), genesis)
    expect(opened).toMatchObject({ ok: false, error: { code: 'journalMissing' } })
  })

  it('refuses a state whose last block the journal has lost, for others would come to lie in its place', () => {
    const { store, files } = chainOfOne(genesis)
    files.truncate(segmentName(1), SEGMENT_HEADER_BYTES)
    expect(openChain(store, files, genesis)).toMatchObject({ ok: false, error: { code: 'journalShort' } })
  })

  it('refuses every damage to what the state rests on and cuts nothing: what was read wrong once can be right again', () => {
    const { store, files, block } = chainOfOne(genesis)
    const name = segmentName(1)
    const whole = files.read(name)
    for (const [at, byte] of whole.entries()) {
      files.overwrite(name, at, Uint8Array.of(byte ^ 1))
      const opened = openChain(store, files, genesis)
      expect({ at, isRefused: !opened.ok, length: files.read(name).length }).toEqual({
        ...{ at, isRefused: true, length: whole.length },
      })
      files.overwrite(name, at, Uint8Array.of(byte))
    }
    expect(open(store, files, genesis).store.block(1)).toEqual(block)
  })

  it('fails as the disk does when a block is read that was damaged meanwhile', () => {
    const { store, files } = chainOfOne(genesis)
    const reopened = open(store, files, genesis)
    files.overwrite(segmentName(1), SEGMENT_HEADER_BYTES + 100, Uint8Array.of(0xff, 0xff))
    expect(() => reopened.store.block(1)).toThrow(StorageFailure)
  })

  it('refuses the state and the journal of another network', () => {
    const { store, files } = chainOfOne(genesis)
    expect(openChain(store, files, genesisBlock('theirs'))).toMatchObject({ ok: false })
    expect(openChain(new MemoryStore(), files, genesisBlock('theirs'))).toMatchObject({ ok: false })
  })
})
