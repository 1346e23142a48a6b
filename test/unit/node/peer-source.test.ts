/** A newcomer gets the state of a chain from peers of which it believes none. */
import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { bytesEqual, concatBytes, EMPTY_BYTES, utf8 } from '../../../src/base/bytes.ts'
import { defined } from '../../../src/base/invariant.ts'
import { rejection } from '../../../src/base/rejection.ts'
import { err, ok, type Result } from '../../../src/base/result.ts'
import { createWasmRecoverer } from '../../../src/crypto/backends/wasm.ts'
import { WorldState } from '../../../src/ledger/world-state.ts'
import type { PeerId, RequestFailure } from '../../../src/network/port.ts'
import { decodeRequest, type Request } from '../../../src/network/requests.ts'
import { draftPlaces, leftIn, openDraft } from '../../../src/node/snapshot/draft.ts'
import { PeerSource } from '../../../src/node/snapshot/peer-source.ts'
import { type BeginningNetwork, type ProvenManifest, proveManifest } from '../../../src/node/snapshot/prove-manifest.ts'
import { SnapshotPeers } from '../../../src/node/snapshot/snapshot-peers.ts'
import { manifestOf } from '../../../src/replica/snapshot/manifest-of.ts'
import { SnapshotServer } from '../../../src/replica/snapshot/snapshot-server.ts'
import { StateImport } from '../../../src/replica/snapshot/state-import.ts'
import { realCrypto } from '../../../src/simulation/host/simulated-crypto.ts'
import { Simulator } from '../../../src/simulation/simulate.ts'
import { type SimulatedGenesis, simulatedGenesis } from '../../../src/simulation/simulated-genesis.ts'
import type { ChainStore } from '../../../src/storage/chain-store.ts'
import { MemoryStore } from '../../../src/storage/memory/memory-store.ts'
import { StateStore } from '../../../src/storage/state-store.ts'
import {
  decodeLinks,
  decodeManifest,
  decodeStateRecord,
  encodeLinks,
  encodeManifest,
  encodeStateRecord,
  type SnapshotManifest,
} from '../../../src/sync/snapshot/snapshot-records.ts'
import { idBytes } from '../../../src/types/ids.ts'
import { temporaryDirectory } from '../cli/cli-harness.ts'

const ASKER = 'newcomer' as PeerId
const EPOCH_BLOCKS = 4
const TIMES = { requestTimeoutMs: 200, restMs: 10, restMsMax: 100, patienceMs: 400 }

/** Undefined: refuses. Null: never answers. */
type Peer = (request: Request) => Uint8Array | undefined | null

let store: ChainStore
let genesis: SimulatedGenesis
let trusted: BeginningNetwork

beforeAll(async () => {
  const recoverer = await createWasmRecoverer()
  const crypto = realCrypto(recoverer)
  const times = { viewTimeoutMs: 600, viewTimeoutMsMax: 3_000 }
  genesis = simulatedGenesis({ validators: 4, faultModel: 'byzantine', epochBlocksMax: EPOCH_BLOCKS, ...times }, crypto)
  trusted = { genesis: genesis.genesis, block: genesis.block, verifier: recoverer, recoverer }
  const link = { delayMsMin: 1, delayMsMean: 5, slowShare: 0, lossShare: 0, duplicateShare: 0, ordered: true }
  const scenario = { seed: 1, nodes: 4, faultyMs: 3_000, calmMs: 15_000, link, faults: [], byzantine: [] }
  const run = { ...scenario, clients: 4, thinkMs: 100, syncMsMean: 1, epochBlocks: EPOCH_BLOCKS }
  const { failure } = new Simulator(new Map(), crypto).run(run, null, [
    { onEnd: (nodes) => (store = defined(nodes[0]?.chain?.store, 'a chain')) },
  ])
  expect(failure).toBeNull()
}, 120_000)

/** Time stands still for all that it serves. */
function honest(): Peer {
  let nowMs = 0
  const server = new SnapshotServer(store, { monotonicMs: () => (nowMs += 1_000) })
  return (request) => {
    if (request.kind === 'snapshot') return granted(server.manifest(ASKER))
    if (request.kind === 'setLinks') return granted(server.links(ASKER, request.from))
    if (request.kind === 'code') return server.code(request.hash)
    return request.kind === 'stateChunk' ? granted(server.chunk(ASKER, request.part)) : undefined
  }
}

function granted(answer: Result<Uint8Array, unknown>): Uint8Array | undefined {
  return answer.ok ? answer.value : undefined
}

function lying(about: (answer: Uint8Array, request: Request) => Uint8Array): Peer {
  const truth = honest()
  return (request) => {
    const answer = truth(request)
    return answer instanceof Uint8Array && answer.length > 0 ? about(answer, request) : answer
  }
}

const lyingInChunks = (lie: (chunk: Uint8Array) => Uint8Array): Peer =>
  lying((answer, { kind }) => (kind === 'stateChunk' ? lie(answer) : answer))

const lyingInManifest = (lie: (manifest: SnapshotManifest) => SnapshotManifest): Peer =>
  lying((answer, { kind }) => (kind === 'snapshot' ? encodeManifest(lie(read(decodeManifest(answer)))) : answer))

const wrongEntry = (chunk: Uint8Array): Uint8Array => {
  const record = read(decodeStateRecord(chunk))
  if (record.kind === 'code' || record.chunk.entries.length === 0) return chunk
  const [[key, value] = [EMPTY_BYTES, EMPTY_BYTES], ...rest] = record.chunk.entries
  const changed = value.with(value.length - 1, (value.at(-1) ?? 0) ^ 1)
  return encodeStateRecord({ ...record, chunk: { ...record.chunk, entries: [[key, changed], ...rest] } })
}

function read<T>(result: Result<T, unknown>): T {
  return defined(result.ok ? result.value : undefined, 'what was encoded')
}

/** What a newcomer comes to, and what it found on the way. */
async function join(peers: Readonly<Record<string, Peer>>, left: ProvenManifest | null = null) {
  const blamed: string[] = []
  const gone = new Set<string>()
  const asked = new Map<string, number>()
  const fail = (code: RequestFailure) => err(rejection(code, code, 'ignore'))
  const network = {
    connectedPeers: () => Object.keys(peers).filter((name) => !gone.has(name)) as PeerId[],
    penalise: (peer: PeerId) => void blamed.push(peer),
    request: async (to: PeerId, body: Uint8Array, { timeoutMs }: { readonly timeoutMs: number }) => {
      asked.set(to, (asked.get(to) ?? 0) + 1)
      await new Promise((resolve) => setTimeout(resolve, 1))
      const answer = peers[to]?.(read(decodeRequest(body)))
      if (answer instanceof Uint8Array) return ok(answer)
      if (answer === undefined) return fail('request-refused')
      await new Promise((resolve) => setTimeout(resolve, timeoutMs))
      return fail('request-timeout')
    },
  }
  const asking = new SnapshotPeers(network, TIMES)
  const lines: string[] = []
  const source = new PeerSource({
    peers: asking,
    prove: (manifest) => proveManifest(manifest, trusted),
    onStep: (line) => lines.push(line),
    connectMs: 300,
    settleMs: 60,
    linksMs: 200,
  })
  const target = new MemoryStore()
  const proven = await source.manifest(left)
  if (!proven.ok) return { failure: proven.error.message, blamed, gone, asked, height: 0, balances: [], lines }
  const { height, stateRoot } = proven.value.final.block.header
  const state = new StateImport(target, height, stateRoot, source.lanes)
  const filled = await source.fill({ state, room: () => Promise.resolve() }, proven.value)
  const world = WorldState.at(stateRoot, new StateStore(target))
  const balances = filled.ok ? genesis.clients.map(({ address }) => world.account(address).balance) : []
  return { failure: filled.ok ? null : filled.error.message, blamed, gone, asked, height, balances, lines }
}

function expectWhole({ failure, height, balances }: Awaited<ReturnType<typeof join>>): void {
  expect(failure).toBeNull()
  const end = defined(store.newestEnd, 'an end')
  expect(height).toBe(end.header.height)
  const there = defined(store.stateAt(height), 'the state')
  expect(balances).toEqual(genesis.clients.map(({ address }) => there.account(address).balance))
}

describe('a newcomer', () => {
  it('gets the state at the end of the newest epoch, from all peers at once', async () => {
    const joined = await join({ a: honest(), b: honest(), c: honest() })
    expectWhole(joined)
    expect(joined.height).toBeGreaterThan(2 * EPOCH_BLOCKS)
    expect(joined.blamed).toEqual([])
    for (const peer of ['a', 'b', 'c']) expect(joined.asked.get(peer)).toBeGreaterThan(5)
  })

  const withoutEntry = (chunk: Uint8Array): Uint8Array => {
    const record = read(decodeStateRecord(chunk))
    if (record.kind === 'code' || record.chunk.entries.length === 0) return chunk
    return encodeStateRecord({ ...record, chunk: { ...record.chunk, entries: record.chunk.entries.slice(1) } })
  }

  it.each([
    { lie: 'another value', liar: () => lyingInChunks(wrongEntry) },
    { lie: 'an account left out', liar: () => lyingInChunks(withoutEntry) },
    { lie: 'noise', liar: () => lyingInChunks(() => utf8('noise')) },
    { lie: 'a manifest that is none', liar: () => lying((answer) => concatBytes(answer, utf8('!'))) },
    {
      lie: 'a block that is not final, and higher than any',
      liar: () =>
        lyingInManifest((manifest) => {
          const { block } = manifest
          return { ...manifest, block: { ...block, header: { ...block.header, height: block.header.height + 100 } } }
        }),
    },
    {
      lie: 'another state root',
      liar: () =>
        lyingInManifest((manifest) => {
          const { block } = manifest
          const header = { ...block.header, stateRoot: block.hash, height: block.header.height + 1 }
          return { ...manifest, block: { ...block, header } }
        }),
    },
    {
      lie: 'another set of validators',
      // The first of its rank is asked for the sets: alone it is.
      liar: () =>
        lying((answer, { kind }) =>
          kind === 'setLinks'
            ? encodeLinks(read(decodeLinks(answer)).map((link) => ({ ...link, validators: link.validators.slice(1) })))
            : answer,
        ),
    },
  ])('finds out a peer that gives $lie, and goes on with the others', async ({ liar }) => {
    const joined = await join({ liar: liar(), a: honest(), b: honest() })
    expectWhole(joined)
    expect(joined.blamed).toEqual(['liar'])
    expect(joined.lines.join('\n')).toContain('peer liar is not asked any more')
  })

  it('passes over one that stalls, one that refuses and one that vanishes, and blames none', async () => {
    let answers = 0
    const truth = honest()
    const peers: Record<string, Peer> = {
      stalling: ({ kind }) => (kind === 'stateChunk' ? null : EMPTY_BYTES),
      refusing: () => undefined,
      vanishing: (request) => (answers++ < 8 ? truth(request) : null),
      steady: honest(),
    }
    const joined = await join(peers)
    expectWhole(joined)
    expect(joined.blamed).toEqual([])
  })

  it('does not wait for a peer that offers the highest block and never comes to the end of its proof', async () => {
    const truth = honest()
    const endless: Peer = (request) => {
      if (request.kind === 'setLinks')
        return encodeLinks(read(decodeLinks(truth({ kind: 'setLinks', from: 1 }) ?? EMPTY_BYTES)).slice(0, 1))
      const answer = truth(request)
      if (request.kind !== 'snapshot' || !(answer instanceof Uint8Array)) return answer
      const manifest = read(decodeManifest(answer))
      const { header } = manifest.block
      const consensus = { ...header.consensus, epoch: 1_000_000_000 }
      const block = { ...manifest.block, header: { ...header, consensus, height: header.height + 1 } }
      return encodeManifest({ ...manifest, block })
    }
    const joined = await join({ endless, a: honest() })
    expectWhole(joined)
    expect(joined.lines.join('\n')).toContain('peer endless is not asked any more: it takes too long')
  })

  it('asks a peer again that was busy when it was asked for what it has', async () => {
    const truth = honest()
    let refused = 0
    const busy: Peer = (request) => {
      const isProof = request.kind === 'snapshot' || request.kind === 'setLinks'
      return isProof && refused++ % 2 === 0 ? undefined : truth(request)
    }
    expectWhole(await join({ busy }))
  })

  it('is told when nobody can be reached, nobody has a snapshot, or what was begun is kept no more', async () => {
    expect((await join({})).failure).toContain('no peer could be reached')
    expect((await join({ a: () => EMPTY_BYTES, b: () => undefined })).failure).toContain('none of 2 peer(s)')
    const forgetful = lyingInChunks(() => EMPTY_BYTES)
    const joined = await join({ forgetful })
    expect(joined.failure).toMatch(/no peer gives the state after block \d+ any more/)
    expect(joined.blamed).toEqual([])
    const liar = lyingInManifest((manifest) => ({ ...manifest, genesisHash: manifest.block.hash }))
    expect((await join({ liar })).failure).toContain('nothing that 1 peer(s) offered could be proven')
  })
})

describe('a newcomer that has a part of an older state', () => {
  /** Of the end of the epoch before the newest that has ended. */
  const older = (): SnapshotManifest => {
    const end = defined(store.epochEnd(defined(store.newestEnd, 'an end').header.consensus.epoch - 1), 'an end')
    return manifestOf(store, defined(store.block(end.header.height), 'a block'), end.finality)
  }
  const begun = (): ProvenManifest => read(proveManifest(older(), trusted))
  /** As one that has let go of that state. */
  const current = (): Peer => {
    const root = idBytes(older().block.header.stateRoot)
    return lying((answer, request) =>
      request.kind === 'stateChunk' && bytesEqual(request.part.root, root) ? EMPTY_BYTES : answer,
    )
  }

  it('goes on with it for as long as peers give it', async () => {
    const joined = await join({ a: honest(), b: honest(), c: current() }, begun())
    expect(joined.failure).toBeNull()
    expect(joined.height).toBe(older().block.header.height)
  })

  it('takes the newest when most have let go of it, whatever a few prove of it', async () => {
    const { height } = older().block.header
    for (const peers of [
      { a: current(), b: current() },
      { a: current(), b: honest() },
    ]) {
      const joined = await join(peers, begun())
      expectWhole(joined)
      expect(joined.height).toBeGreaterThan(height)
    }
  })

  it('believes nobody who gives another part for it', async () => {
    expectWhole(await join({ a: lyingInChunks(wrongEntry), b: lyingInChunks(wrongEntry), c: honest() }, begun()))
  })

  it('knows from its draft what it is, as far as that proves true anew', async () => {
    const places = draftPlaces(temporaryDirectory())
    expect(leftIn(places, trusted)).toBeNull()
    const { store: draft } = await openDraft(places, older(), { lanes: 1, isResumed: true }, () => undefined)
    await draft.close()
    expect(leftIn(places, trusted)?.final.block.hash).toBe(older().block.hash)
    const bytes = readFileSync(places.manifest)
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 20)) {
      writeFileSync(places.manifest, bytes.with(at, (bytes[at] ?? 0) ^ 1))
      expect({ at, left: leftIn(places, trusted) }).toEqual({ at, left: null })
    }
    writeFileSync(places.manifest, bytes.subarray(0, -1))
    expect(leftIn(places, trusted)).toBeNull()
  })
})

describe('the peers of a newcomer', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  const request: Request = { kind: 'snapshot' }

  function peersOf(answers: Readonly<Record<string, Uint8Array>>, answerMs: number): SnapshotPeers {
    const network = {
      connectedPeers: () => Object.keys(answers) as PeerId[],
      penalise: () => undefined,
      request: async (to: PeerId) => {
        await new Promise((resolve) => setTimeout(resolve, answerMs))
        return ok(defined(answers[to], 'a peer'))
      },
    }
    return new SnapshotPeers(network, { ...TIMES, patienceMs: 500 })
  }

  it('are asked by what they give: one that proves an entry at a time is left for when nobody else is free', async () => {
    const peers = peersOf({ dribbling: new Uint8Array(1), generous: new Uint8Array(64 * 1024) }, 1)
    const asked: (string | undefined)[] = []
    for (let count = 0; count < 12; count++) asked.push((await peers.askAnybody(request))?.peer)
    expect(asked.filter((peer) => peer === 'dribbling')).toHaveLength(1)
  })

  it('are given time from when parts are asked for, however long the proof before took', async () => {
    vi.useFakeTimers()
    const peers = peersOf({ only: new Uint8Array(1) }, 30)
    await vi.advanceTimersByTimeAsync(600)
    peers.beginPatience()
    const answers = Promise.all([1, 2, 3].map(() => peers.askAnybody(request)))
    await vi.advanceTimersByTimeAsync(400)
    expect((await answers).map((answer) => answer?.peer)).toEqual(['only', 'only', 'only'])
  })
})

describe('a server of snapshots', () => {
  it('proves a bounded number of times a second where its chain leads from', () => {
    const server = new SnapshotServer(store, { monotonicMs: () => 0 })
    const answers = Array.from({ length: 20 }, () => [server.manifest(ASKER), server.links(ASKER, 1)]).flat()
    expect(answers.filter(({ ok: isOk }) => isOk)).toHaveLength(10)
    expect(answers.at(-1)).toMatchObject({ ok: false, error: { verdict: 'ignore' } })
  })

  const wholeState = () => ({
    owner: EMPTY_BYTES,
    root: idBytes(defined(store.newestEnd, 'an end').header.stateRoot),
    from: new Uint8Array(32),
    until: new Uint8Array(32).fill(255),
  })

  it('cuts a bounded number of chunks a second, whoever asks', () => {
    const server = new SnapshotServer(store, { monotonicMs: () => 0 })
    const answers = Array.from({ length: 50 }, (_, n) => server.chunk(`peer ${n % 5}` as PeerId, wholeState()))
    expect(answers.filter(({ ok: isOk }) => isOk)).toHaveLength(20)
    expect(answers.at(-1)).toMatchObject({ ok: false, error: { verdict: 'ignore' } })
  })

  it('cuts chunks for a newcomer while another peer asks for them without end', () => {
    let nowMs = 0
    const server = new SnapshotServer(store, { monotonicMs: () => nowMs })
    const hostile = 'hostile' as PeerId
    let given = 0
    for (; nowMs < 5_000; nowMs += 5) {
      server.chunk(hostile, wholeState())
      if (nowMs % 50 === 0 && server.chunk(ASKER, wholeState()).ok) given += 1
    }
    expect(given).toBeGreaterThan(45)
  })

  it('has nothing for a root that it does not know', () => {
    const server = new SnapshotServer(store, { monotonicMs: () => 0 })
    const unknown = new Uint8Array(32).fill(7)
    const part = { owner: EMPTY_BYTES, root: unknown, from: new Uint8Array(32), until: new Uint8Array(32).fill(255) }
    expect(server.chunk(ASKER, part)).toEqual({ ok: true, value: EMPTY_BYTES })
    expect(server.code(unknown)).toEqual(EMPTY_BYTES)
    expect(read(decodeLinks(read(server.links(ASKER, 10_000))))).toEqual([])
  })
})
