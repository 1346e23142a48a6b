/** A state that comes part by part, and an import of it that is interrupted wherever it may be. */
import { describe, expect, it } from 'vitest'
import { toHex, utf8 } from '../../../src/base/bytes.ts'
import { keccak256 } from '../../../src/crypto/keccak.ts'
import { EMPTY_ACCOUNT } from '../../../src/ledger/account.ts'
import { type AccountChange, WorldState } from '../../../src/ledger/world-state.ts'
import type { StateRequest } from '../../../src/network/requests.ts'
import { laneOperation, progressOperation } from '../../../src/replica/snapshot/import-progress.ts'
import { StateImport } from '../../../src/replica/snapshot/state-import.ts'
import type { KeyValueOperation, KeyValueStore } from '../../../src/storage/key-value-store.ts'
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts'
import { StateStore } from '../../../src/storage/state-store.ts'
import { cutPart } from '../../../src/sync/snapshot/cut-state.ts'
import type { StateRecord } from '../../../src/sync/snapshot/snapshot-records.ts'
import { type Address, addressFromBytes, type Hash, hashFromBytes } from '../../../src/types/ids.ts'

const HEIGHT = 9
const ACCOUNTS = 90
const LANES = 4
/** Some entries. */
const PART_BYTES = 400

const hashOf = (name: string): Hash => hashFromBytes(keccak256(utf8(name)))
const codeOf = (account: number): Uint8Array => utf8(`code of ${account}`)

/** Every third account stores something, every fifth has code. */
const world = ((): WorldState => {
  const changes = new Map<Address, AccountChange>()
  const code = new Map<Hash, Uint8Array>()
  for (let account = 0; account < ACCOUNTS; account++) {
    const slots = account % 3 === 0 ? account : 0
    const codeHash = account % 5 === 0 ? hashFromBytes(keccak256(codeOf(account))) : EMPTY_ACCOUNT.codeHash
    if (account % 5 === 0) code.set(codeHash, codeOf(account))
    const storage = Array.from(
      { length: slots },
      (_, slot) => [hashOf(`slot ${slot}`), word(account + slot + 1)] as const,
    )
    const address = addressFromBytes(keccak256(utf8(`account ${account}`)).subarray(12))
    changes.set(address, {
      account: { ...EMPTY_ACCOUNT, balance: BigInt(account + 1), codeHash },
      storage: new Map(storage),
    })
  }
  return WorldState.empty().with(changes, code)
})()

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(28, value)
  return bytes
}

/** As a node has it that has executed the chain. */
const whole = ((): KeyValueStore => {
  const store = new MemoryStore()
  store.write(new StateStore(store).operations(HEIGHT, world.changesSince(WorldState.empty())))
  return store
})()

function serve(request: StateRequest): StateRecord {
  const source = new StateStore(whole)
  if (request.kind === 'stateChunk') return cutPart(request.part, source, PART_BYTES)
  const code = source.code(hashFromBytes(request.hash))
  if (code === undefined) throw new Error('code that nobody has')
  return { kind: 'code', code }
}

/** One part of the first lane from `lane` on that wants one; false when none does. */
function takeOne(state: StateImport, lane: number): boolean {
  for (let offset = 0; offset < LANES; offset++) {
    const at = (lane + offset) % LANES
    const wanted = state.wanted(at)
    if (wanted === null) continue
    expect(state.take(at, serve(wanted))).toEqual({ ok: true, value: undefined })
    return true
  }
  return false
}

function resumed(store: KeyValueStore): StateImport | null {
  return StateImport.resume(store, HEIGHT, world.root, LANES)
}

async function contentOf(store: KeyValueStore): Promise<readonly string[]> {
  const entries: string[] = []
  const all = { gte: Uint8Array.of(0), lt: Uint8Array.of(255) }
  for await (const [key, value] of store.entries(all)) entries.push(`${toHex(key)} ${toHex(value)}`)
  return entries
}

describe('an import of a state', () => {
  it('ends with what a node has that executed the chain, and nothing else', async () => {
    const store = new MemoryStore()
    const state = new StateImport(store, HEIGHT, world.root, LANES)
    for (let lane = 0; takeOne(state, lane); lane++);
    state.finish()
    expect(state.accountsCount).toBe(ACCOUNTS)
    expect(await contentOf(store)).toEqual(await contentOf(whole))
  })

  it('goes on after each part as if it had never been interrupted, and takes no part twice', async () => {
    const undisturbed = new StateImport(new MemoryStore(), HEIGHT, world.root, LANES)
    let parts = 0
    while (takeOne(undisturbed, parts)) parts += 1
    const store = new MemoryStore()
    let state = new StateImport(store, HEIGHT, world.root, LANES)
    let taken = 0
    for (; takeOne(state, taken); taken++) {
      const next = resumed(store)
      if (next === null) throw new Error(`nothing to go on with after part ${taken}`)
      for (let lane = 0; lane < LANES; lane++) expect(next.wanted(lane)).toEqual(state.wanted(lane))
      expect(next.accountsCount).toBe(state.accountsCount)
      state = next
    }
    expect(parts).toBeGreaterThan(100)
    expect(taken).toBe(parts)
    state.finish()
    expect(await contentOf(store)).toEqual(await contentOf(whole))
  })

  it('writes a part and how far it leads in one step', () => {
    const batches: (readonly KeyValueOperation[])[] = []
    class ObservedStore extends MemoryStore {
      override write(operations: readonly KeyValueOperation[]): void {
        batches.push(operations)
        super.write(operations)
      }
    }
    const state = new StateImport(new ObservedStore(), HEIGHT, world.root, LANES)
    let parts = 0
    while (takeOne(state, parts)) parts += 1
    expect(batches).toHaveLength(parts)
  })

  it('goes on with the same state only, and with none that was finished', () => {
    const store = new MemoryStore()
    expect(resumed(store)).toBeNull()
    const state = new StateImport(store, HEIGHT, world.root, LANES)
    expect(resumed(store)).toBeNull()
    takeOne(state, 0)
    expect(resumed(store)).not.toBeNull()
    expect(StateImport.resume(store, HEIGHT + 1, world.root, LANES)).toBeNull()
    expect(StateImport.resume(store, HEIGHT, hashOf('another'), LANES)).toBeNull()
    expect(StateImport.resume(store, HEIGHT, world.root, 2 * LANES)).toBeNull()
    for (let lane = 0; takeOne(state, lane); lane++);
    state.finish()
    expect(resumed(store)).toBeNull()
  })

  it('believes no more of a part after an interruption than before', () => {
    const store = new MemoryStore()
    takeOne(new StateImport(store, HEIGHT, world.root, LANES), 0)
    const state = resumed(store)
    const wanted = state?.wanted(1)
    if (state === null || wanted?.kind !== 'stateChunk') throw new Error('a chunk comes next')
    const record = serve(wanted)
    if (record.kind !== 'chunk') throw new Error('a chunk was asked for')
    const left = { ...record, chunk: { ...record.chunk, entries: record.chunk.entries.slice(1) } }
    expect(state.take(1, left)).toMatchObject({ ok: false })
    expect(state.wanted(1)).toEqual(wanted)
  })
})

describe('how far an import has come', () => {
  const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
  const bytesOf = (operation: KeyValueOperation): string =>
    operation.type === 'put' ? `${toHex(operation.key)} ${toHex(operation.value)}` : ''

  it('golden bytes', () => {
    const progress = {
      height: 7,
      stateRoot: hashFromBytes(key(1)),
      lanes: 16,
      accountsRoot: key(2),
      accountsCount: 300,
    }
    expect(bytesOf(progressOperation(progress))).toBe(
      '0x00696d706f7274 0xf84707a0010101010101010101010101010101010101010101010101010101010101010110a0020202020202020202020202020202020202020202020202020202020202020282012c',
    )
    const lane = { from: key(3), next: key(4), stored: 5, begun: { root: key(6), next: key(7) } }
    expect(bytesOf(laneOperation(12, lane))).toBe(
      '0x00696d706f7274206f66206c616e65203132 0xf887a00303030303030303030303030303030303030303030303030303030303030303a0040404040404040404040404040404040404040404040404040404040404040405f842a00606060606060606060606060606060606060606060606060606060606060606a00707070707070707070707070707070707070707070707070707070707070707',
    )
    expect(bytesOf(laneOperation(0, { ...lane, next: null, stored: 0, begun: null }))).toBe(
      '0x00696d706f7274206f66206c616e652030 0xe4a003030303030303030303030303030303030303030303030303030303030303038080c0',
    )
  })
})
