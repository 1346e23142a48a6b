import { describe, expect, it } from 'vitest'
import { uintBytes } from '../../../src/codec/fields.ts'
import { encodeRlp } from '../../../src/codec/rlp.ts'
import { hashHeader } from '../../../src/crypto/digests.ts'
import type { GenesisBlock } from '../../../src/ledger/genesis/genesis-block.ts'
import { type OpenedChain, openChain } from '../../../src/replica/open-replica.ts'
import { SEGMENT_HEADER_BYTES, segmentName } from '../../../src/storage/journal/segment.ts'
import {
  BLOCK_RECORD,
  COMMIT_RECORD,
  encodeBlockRecord,
  encodeCommitRecord,
} from '../../../src/storage/journal-records.ts'
import { MemoryFiles } from '../../../src/storage/memory/memory-files.ts'
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts'
import { SENTINEL } from '../../../src/storage/sentinel.ts'
import { StorageFailure } from '../../../src/storage/storage-failure.ts'
import type { Block } from '../../../src/types/block.ts'
import type { FinalityProof } from '../../../src/types/finality.ts'
import type { Header } from '../../../src/types/header.ts'
import { idBytes } from '../../../src/types/ids.ts'
import { manifest } from '../types/protocol-samples.ts'
import { genesisBlock } from './genesis-block.ts'

function open(store: MemoryStore, files: MemoryFiles, genesis: GenesisBlock): OpenedChain {
  const opened = openChain(store, files, genesis)
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}

function childOf(parent: Block, change: Partial<Header> = {}): Block {
  const header = { ...parent.header, height: parent.header.height + 1, parentHash: parent.hash, ...change }
  return { ...parent, header, hash: hashHeader(header) }
}

/** A chain of one block that is final, synced and applied, with a proof of its own or without. */
function chainOfOne(genesis: GenesisBlock, finality: FinalityProof | null = null, block = childOf(genesis.block)) {
  const store = new MemoryStore()
  const files = new MemoryFiles()
  const chain = open(store, files, genesis)
  const applied = {
    position: chain.journal.append(BLOCK_RECORD, encodeBlockRecord(block)),
    finalityPosition:
      finality === null ? null : chain.journal.append(COMMIT_RECORD, encodeCommitRecord(block.header.height, finality)),
    changes: { created: [], stale: [], code: new Map() },
    nextValidators: null,
  }
  chain.journal.sync(() => undefined)
  const apply = (next: Block): void =>
    chain.store.apply({ ...applied, final: { block: next, transactions: [], receipts: [], finality } })
  apply(block)
  return { store, files, block, apply, proofAt: applied.finalityPosition?.offset ?? 0 }
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

  it('refuses an empty state beside a journal that begins with a snapshot, now and at every start after it', () => {
    const files = new MemoryFiles()
    const { journal } = open(new MemoryStore(), files, genesis)
    journal.append(BLOCK_RECORD, encodeBlockRecord(manifest.block))
    journal.append(COMMIT_RECORD, encodeCommitRecord(manifest.block.header.height, manifest.finality))
    journal.sync(() => undefined)
    const store = new MemoryStore()
    for (let start = 0; start < 2; start++)
      expect(openChain(store, files, genesis)).toMatchObject({ ok: false, error: { code: 'stateMissing' } })
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

  it('refuses a state whose last proof the journal has lost, or that has applied another block', () => {
    const { store, files, proofAt } = chainOfOne(genesis, manifest.finality)
    files.truncate(segmentName(1), proofAt)
    expect(openChain(store, files, genesis)).toMatchObject({ ok: false, error: { code: 'journalShort' } })
    const other = chainOfOne(genesis, null, childOf(genesis.block, { stateRoot: genesis.block.hash }))
    const opened = openChain(chainOfOne(genesis).store, other.files, genesis)
    expect(opened).toMatchObject({ ok: false, error: { code: 'journalShort' } })
  })

  it('refuses a state of another schema, and one of another network beside a journal of ours', () => {
    const { store, files, block } = chainOfOne(genesis)
    const theirs = chainOfOne(genesisBlock('theirs'))
    expect(openChain(theirs.store, files, genesis)).toMatchObject({ ok: false, error: { code: 'storeOtherGenesis' } })
    for (const schema of [1, 3]) {
      const value = encodeRlp([uintBytes(schema), idBytes(genesis.block.hash), uintBytes(1), idBytes(block.hash)])
      store.write([{ type: 'put', key: SENTINEL, value }])
      expect(openChain(store, files, genesis)).toMatchObject({ ok: false, error: { code: 'storeSchema' } })
    }
  })

  it('applies only what stands on its tip', () => {
    const { block, apply } = chainOfOne(genesis)
    for (const change of [{ height: 1 }, { height: 3 }, { parentHash: genesis.block.hash }])
      expect(() => apply(childOf(block, change))).toThrow('no gap')
    apply(childOf(block))
  })

  it.each([
    ['block', null],
    ['proof', manifest.finality],
  ])(
    'refuses every damage to the %s that the state rests on and cuts nothing: what was read wrong once can be right again',
    (_, finality) => {
      const { store, files, block } = chainOfOne(genesis, finality)
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
    },
  )

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
