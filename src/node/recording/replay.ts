/**
 * Runs a recorded replica again: the same calls in the same order, the blocks executed anew. It must
 * sign the same, and make the same blocks final with the same state.
 */
import { tmpdir } from 'node:os'
import { defined, invariant } from '../../base/invariant.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { asBytes, asFixedBytes } from '../../codec/fields.ts'
import type { Recoverer } from '../../crypto/secp256k1.ts'
import { buildGenesisBlock } from '../../ledger/genesis/genesis-block.ts'
import { parseGenesis } from '../../ledger/genesis/parse-genesis.ts'
import { moduleRegistry } from '../../ledger/module-registry.ts'
import type { GossipTopic, PeerId } from '../../network/port.ts'
import { type OpenedChain, openChain } from '../../replica/open-replica.ts'
import type { OwnKey } from '../../replica/own-key.ts'
import type { ReplicaPorts } from '../../replica/ports.ts'
import { Replica } from '../../replica/replica.ts'
import type { ReplicaConfig } from '../../replica/replica-config.ts'
import { MemoryFiles } from '../../storage/memory/memory-files.ts'
import { MemoryStore } from '../../storage/memory/memory-store.ts'
import { SigningRecord } from '../../storage/signing-record.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import { type Hash, type Height, hashFromBytes, idBytes } from '../../types/ids.ts'
import { chooseRecoverer } from '../crypto/choose-recoverer.ts'
import { type Refusal, refusal } from '../exit-codes.ts'
import { readGenesisFile } from '../genesis-file.ts'
import { type GenesisNetwork, planReplica } from '../replica-config.ts'
import { recoverHere } from '../replica-ports.ts'
import { readRecords } from './record-file.ts'
import { EndOfRecording, ReplayDifference, ReplayedWorld, textOf } from './replayed-ports.ts'
import { filesOf, type JournalFiles, type RecordedKey, readKey, readSession, type Session } from './session.ts'

export interface ReplayedBlock {
  /** Of the node's lives in the recording, from 1. */
  readonly session: number
  readonly height: Height
  readonly hash: Hash
  readonly stateRoot: Hash
}

export interface ReplayOptions {
  /** For a network with modules of its own, whose sources lie beside it; otherwise the recording's. */
  readonly genesisPath: string | null
  readonly onBlock: (block: ReplayedBlock) => void
}

export interface Replayed {
  readonly sessions: number
  readonly records: number
  /** The first thing that came out otherwise; null when nothing did. */
  readonly difference: string | null
}

const SIGNING_FILE = 'signing'

export async function replayRecording(path: string, options: ReplayOptions): Promise<Result<Replayed, Refusal>> {
  const read = readRecords(path)
  if (!read.ok) return err(refusal(read.error.message))
  const { entries } = read.value
  if (entries.length === 0) return err(refusal(`${path} holds no run of a node`))
  const { recoverer } = await chooseRecoverer()
  let sessions = 0
  let at = 0
  let journal: JournalFiles = new Map()
  while (entries[at]?.kind === 'session') {
    const session = readSession(defined(entries[at], 'a session').fields, journal)
    journal = session.journal
    const network = await networkOf(session, options.genesisPath)
    if (!network.ok) return network
    sessions += 1
    const number = sessions
    const world = new ReplayedWorld(entries, at + 1, (final) => options.onBlock(blockOf(number, final)))
    try {
      replaySession(session, network.value, recoverer, world)
    } catch (error) {
      if (error instanceof ReplayDifference)
        return ok({ sessions, records: world.at, difference: `session ${number}, ${error.message}` })
      if (!(error instanceof EndOfRecording)) throw error
    }
    // What a node is told once it has stopped changes nothing.
    at = world.at
    while (at < entries.length && entries[at]?.kind !== 'session') at += 1
  }
  return ok({ sessions, records: entries.length, difference: null })
}

async function networkOf(session: Session, genesisPath: string | null): Promise<Result<GenesisNetwork, Refusal>> {
  if (genesisPath !== null) {
    const file = await readGenesisFile(genesisPath, [], tmpdir())
    if (!file.ok) return file
    const { genesis, registry } = file.value
    return ok({ genesis, registry, block: buildGenesisBlock(genesis, registry) })
  }
  const genesis = parseGenesis(session.genesisText)
  if (!genesis.ok) return err(refusal(`the recording's genesis: ${genesis.error.message}`))
  const registry = moduleRegistry(genesis.value.modules)
  if (!registry.ok)
    return err(refusal(`${registry.error.message}: name the genesis file that lies beside its modules with --genesis`))
  return ok({
    genesis: genesis.value,
    registry: registry.value,
    block: buildGenesisBlock(genesis.value, registry.value),
  })
}

function replaySession(session: Session, network: GenesisNetwork, recoverer: Recoverer, world: ReplayedWorld): void {
  const chain = chainOf(session, network, recoverer, world)
  const held = (key: RecordedKey): OwnKey => world.ownKey(key.publicKey, signingRecordOf(key, network, world))
  const keys = session.keys.map(held)
  const { journal, store } = chain
  const ports = world.ports({ journal, store, verifier: recoverer }, keys)
  const replica = new Replica(configOf(keys, network, chain, recoverer), ports)
  for (let entry = world.nextEntry(); entry !== undefined && !world.isStopped; entry = world.nextEntry()) {
    const [first, second, third] = entry.fields
    switch (entry.kind) {
      case 'key':
        keys.push(held(readKey(entry.fields)))
        break
      case 'start':
        replica.start()
        break
      case 'direct':
        replica.receiveDirect(peerOf(first), asBytes(second, 'message'))
        break
      case 'gossip':
        replica.receiveGossip(textOf(first) as GossipTopic, peerOf(second), asBytes(third, 'data'), () => undefined)
        break
      case 'answer':
        replica.answer(peerOf(first), asBytes(second, 'request'))
        break
      case 'peerUp':
        replica.peerUp(peerOf(first), asBytes(second, 'direct').length > 0)
        break
      case 'peerDown':
        replica.peerDown(peerOf(first), asBytes(second, 'direct').length > 0)
        break
      case 'submit':
        replica.submit(asBytes(first, 'envelope'), () => undefined)
        break
      case 'drop':
        replica.drop(hashFromBytes(asFixedBytes(first, 32, 'transaction')))
        break
      case 'call':
        replica.call(asBytes(first, 'data'), () => undefined)
        break
      default:
        world.answer(entry.kind, entry.fields)
    }
  }
}

function peerOf(item: Parameters<typeof textOf>[0]): PeerId {
  return textOf(item) as PeerId
}

function configOf(
  keys: readonly OwnKey[],
  network: GenesisNetwork,
  chain: OpenedChain,
  recoverer: Recoverer,
): ReplicaConfig {
  return planReplica(network, chain, recoverer, () => keys.map(({ publicKey }) => publicKey))
}

/** The disks as they were: the store is made again from the journal, up to the height that it had. */
function chainOf(session: Session, network: GenesisNetwork, recoverer: Recoverer, world: ReplayedWorld): OpenedChain {
  const store = new MemoryStore()
  const filled = new MemoryFiles(session.journal)
  if (session.storeHeight > 0) fillStore(store, filled, session, network, recoverer)
  // Filling it has appended to the journal, and the store points there.
  return opened(store, new MemoryFiles(filesOf(filled), (done) => world.expectSync(done)), network)
}

function opened(store: MemoryStore, files: MemoryFiles, network: GenesisNetwork): OpenedChain {
  const chain = openChain(store, files, network.block)
  if (!chain.ok) throw new ReplayDifference(`the journal of the recording cannot be opened: ${chain.error.message}`)
  return chain.value
}

class StoreFilled extends Error {
  override readonly name = 'StoreFilled'
}

/** By a replica without peers, which does nothing but apply what its journal knows to be final. */
function fillStore(
  store: MemoryStore,
  files: MemoryFiles,
  session: Session,
  network: GenesisNetwork,
  recoverer: Recoverer,
): void {
  const chain = opened(store, files, network)
  const tasks: Iterator<void, void>[] = []
  const ports: ReplicaPorts = {
    ...new ReplayedWorld([], 0, () => undefined).ports(
      { journal: chain.journal, store: chain.store, verifier: recoverer },
      [],
    ),
    network: {
      sendDirect: () => false,
      publish: () => undefined,
      request: () => undefined,
      connectedPeers: () => [],
      penalise: () => undefined,
    },
    runTask: (task) => tasks.push(task),
    recover: (items, done) => done(items.map((item) => recoverHere(recoverer, item))),
    observer: {
      onFinalBlock: ({ block }) => {
        if (block.header.height === session.storeHeight) throw new StoreFilled()
      },
    },
  }
  const replica = new Replica(configOf([], network, chain, recoverer), ports)
  try {
    replica.start()
    for (let task = tasks[0]; task !== undefined; task = tasks[0]) if (task.next().done === true) tasks.shift()
  } catch (error) {
    if (error instanceof StoreFilled) return
    throw error
  }
  throw new ReplayDifference(`the journal of the recording does not reach height ${session.storeHeight}`)
}

function signingRecordOf({ safetyRecord }: RecordedKey, network: GenesisNetwork, world: ReplayedWorld): SigningRecord {
  const genesisHash = idBytes(network.block.block.hash)
  const scratch = new MemoryFiles()
  SigningRecord.create(scratch, SIGNING_FILE, genesisHash, safetyRecord, () => undefined)
  const files = new MemoryFiles(new Map([[SIGNING_FILE, scratch.read(SIGNING_FILE)]]), (done) => world.expectSync(done))
  const record = SigningRecord.open(files, SIGNING_FILE, genesisHash)
  invariant(record.ok, 'a signing record that was just made can be opened')
  return record.value
}

function blockOf(session: number, { block }: FinalBlock): ReplayedBlock {
  return { session, height: block.header.height, hash: block.hash, stateRoot: block.header.stateRoot }
}
