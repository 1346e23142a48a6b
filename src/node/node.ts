/**
 * A node: the replica with real disks, sockets, clocks and worker threads. The only wiring there
 * is: parts are opened in order and closed in reverse.
 */
import { join } from 'node:path'
import type { Logger } from '../base/logger.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Recoverer } from '../crypto/secp256k1.ts'
import { buildGenesisBlock } from '../ledger/genesis/genesis-block.ts'
import { systemWordsIn } from '../ledger/system/state-records.ts'
import { SYSTEM_ADDRESS } from '../ledger/system/system-account.ts'
import type { Network } from '../network/port.ts'
import { epochAtTip } from '../replica/epoch-context.ts'
import type { ReplicaObserver } from '../replica/observer.ts'
import type { OpenedChain } from '../replica/open-replica.ts'
import type { OwnKey } from '../replica/own-key.ts'
import type { ReplicaPorts, StopReason } from '../replica/ports.ts'
import { Replica } from '../replica/replica.ts'
import type { ReplicaConfig } from '../replica/replica-config.ts'
import type { FileDirectory } from '../storage/file-port.ts'
import { StorageFailure } from '../storage/storage-failure.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { Hash, Height } from '../types/ids.ts'
import { BlockLog } from './block-log.ts'
import type { NodeConfig } from './config.ts'
import { chooseRecoverer } from './crypto/choose-recoverer.ts'
import { CryptoPool } from './crypto/crypto-pool.ts'
import { damageOf } from './damage.ts'
import { EXIT, type Refusal, refusal } from './exit-codes.ts'
import { readGenesisFile } from './genesis-file.ts'
import { GovernanceLog } from './governance-log.ts'
import { haltedBefore, writeHalt } from './halt-file.ts'
import { signedElsewhere } from './keys/double-run.ts'
import { KeyRing } from './keys/key-ring.ts'
import { whySilent, whyUnreached } from './keys/key-standing.ts'
import type { AdminApi, NodeApi } from './node-api.ts'
import { lockDirectory, openDisk } from './open-disk.ts'
import { openWire, startWire } from './open-wire.ts'
import { PeerBook } from './peer-book.ts'
import { PoolFile } from './pool-file.ts'
import { openRecorder, recordStart } from './recording/open-recorder.ts'
import { RecordedReplica } from './recording/recorded-replica.ts'
import type { Recorder } from './recording/recorder.ts'
import { ReplicaAdmin } from './replica-admin.ts'
import { ReplicaApi } from './replica-api.ts'
import { planReplica } from './replica-config.ts'
import { recoverInPool, replicaNetwork, scheduleOnSystem, systemClock } from './replica-ports.ts'
import { Resources } from './resources.ts'
import { TaskRunner } from './task-runner.ts'
import { memberPeers } from './validator-peers.ts'
import { VERSION } from './version.ts'

export interface RunningNode {
  readonly api: NodeApi
  readonly admin: AdminApi
  /** Closes everything; what is durable stays as it is. */
  stop(): Promise<void>
  /** Resolves when the node has ended by itself, with the reason. */
  readonly ended: Promise<Refusal>
}

/** Opened, and not yet running. */
interface Opened {
  readonly config: ReplicaConfig
  readonly chain: OpenedChain
  readonly keyRing: KeyRing
  readonly network: Network
  readonly recoverer: Recoverer
  readonly recorder: Recorder | null
  readonly poolPath: string
  readonly peers: PeerBook
}

type Ends = Pick<ReplicaPorts, 'stop' | 'halting'> & {
  readonly end: (why: Refusal) => void
  readonly fail: (error: unknown) => void
}

/** Puts something between the replica and the wire; `tertia start` does not. */
export type NetworkAdapter = (network: Network, genesisHash: Hash) => Network

export async function createNode(
  config: NodeConfig,
  logger: Logger,
  adaptNetwork: NetworkAdapter = (network) => network,
): Promise<Result<RunningNode, Refusal>> {
  const resources = new Resources()
  let end: (why: Refusal) => void = () => undefined
  const ended = new Promise<Refusal>((resolve) => {
    end = resolve
  })
  const fail = (error: unknown): void => end(failed(error, config.dataDir))
  try {
    const opened = await openParts(config, logger, resources, adaptNetwork, fail)
    if (!opened.ok) {
      await resources.closeAll()
      return opened
    }
    const running = await run(opened.value, logger, resources, {
      end: (why) => end(why),
      fail,
      stop: (reason) => end(stopped(reason, config.dataDir)),
      halting: (halt) => void writeHalt(halt, config.dataDir),
    })
    if (!running.ok) {
      await resources.closeAll()
      return running
    }
    return ok({ ...running.value, stop: () => resources.closeAll(), ended })
  } catch (error) {
    await resources.closeAll()
    const damage = damageOf(error, config.dataDir)
    if (damage === null) throw error
    return err(damage)
  }
}

async function openParts(
  config: NodeConfig,
  logger: Logger,
  resources: Resources,
  adaptNetwork: NetworkAdapter,
  fail: (error: unknown) => void,
): Promise<Result<Opened, Refusal>> {
  const halted = haltedBefore(config.dataDir)
  if (halted !== null) return err(halted)
  const file = await readGenesisFile(config.genesisPath, config.modules, join(config.dataDir, 'modules'))
  if (!file.ok) return file
  const { genesis, registry, text } = file.value
  const block = buildGenesisBlock(genesis, registry)
  const locked = lockDirectory(config.dataDir, resources)
  if (!locked.ok) return locked
  const recorder = openRecorder(config.recordPath, logger, resources)
  if (!recorder.ok) return recorder
  const watch = (files: FileDirectory): FileDirectory => recorder.value?.files(files) ?? files
  const use = { logger, resources, onFailure: fail, watch, mayRebuild: true }
  const chain = await openDisk(config.dataDir, block, use)
  if (!chain.ok) return chain
  if (recorder.value !== null && chain.value.store.historyFrom > 1) return err(refusal(NO_RECORDING))
  const onKey = (key: OwnKey): void => recorder.value?.addKey(key)
  const keyRing = KeyRing.open({ config, genesis, chain: chain.value, resources, watch, onKey })
  if (!keyRing.ok) return keyRing
  const { recoverer, refused } = await chooseRecoverer()
  for (const { name, reason } of refused) logger.warn('signature backend refused', { backend: name, reason })
  const publicKeys = () => keyRing.value.keys.map(({ publicKey }) => publicKey)
  const replicaConfig = planReplica({ genesis, registry, block }, chain.value, recoverer, publicKeys)
  const members = memberPeers(systemWordsIn(chain.value.store.tipState))
  const wire = openWire(config, block.block.hash, members, logger)
  if (!wire.ok) return wire
  recordStart(recorder.value, { text, dataDir: config.dataDir, keys: keyRing.value.keys, chain: chain.value })
  const network = adaptNetwork(wire.value.network, replicaConfig.genesisHash)
  return ok({
    config: replicaConfig,
    chain: chain.value,
    keyRing: keyRing.value,
    network,
    recoverer,
    recorder: recorder.value,
    poolPath: join(config.dataDir, 'pool'),
    peers: new PeerBook(network, wire.value.configured, members),
  })
}

const USED_TWICE =
  'another process uses the same key, or the record was restored; let only one of them sign, and follow the chain here with "tertia start --observe"'
const NO_RECORDING =
  'this node began with a snapshot, and what it records could never be replayed, for lack of the state: leave out --record (recordPath)'
const CLIENT_VERSION = `tertia/v${VERSION}/${process.platform}-${process.arch}/node${process.versions.node}`

async function run(
  opened: Opened,
  logger: Logger,
  resources: Resources,
  ends: Ends,
): Promise<Result<{ readonly api: ReplicaApi; readonly admin: ReplicaAdmin }, Refusal>> {
  const { config, chain, keyRing, network, recorder, peers } = opened
  const startHeight = chain.store.tip.header.height
  const pool = new CryptoPool({ logger })
  resources.add(() => pool.close())
  const tasks = new TaskRunner(ends.fail)
  resources.add(() => tasks.stop())
  const nowMs = (): number => systemClock.monotonicMs()
  const publicKeys = () => keyRing.publicKeys
  const log = new BlockLog(logger, epochAtTip(chain.store, config.epochs), nowMs)
  const governanceLog = new GovernanceLog(logger, config.genesis.faultModel, () => systemWordsIn(chain.store.tipState))
  const observer: ReplicaObserver = {
    onCoreStep: (event, effects) => {
      log.onCoreStep(event, effects)
      const elsewhere = signedElsewhere(event, replica.epoch, keyRing.keys)
      if (elsewhere !== null) {
        // Before what this step asks for is signed.
        replica.stop()
        ends.end(refusal(`${elsewhere}: ${USED_TWICE}`))
      }
      api.tellViewChanges(effects)
    },
    onFinalBlock: (final) => {
      const { hash, header } = final.block
      log.onFinalBlock(final, replica.core.commitSigners(header.consensus.view, hash))
      governanceLog.onFinalBlock(final)
      api.tellFinalBlock(final)
      if (changesMembers(final)) peers.update(memberPeers(systemWordsIn(chain.store.tipState)))
    },
    onEvidence: (held) => {
      log.onEvidence(held)
      api.tellEvidence(held)
    },
    onEpoch: (epoch) => {
      log.onEpoch(epoch, whySilent({ replica, publicKeys }))
      warnUnreached(replica, network, logger)
      peers.enterEpoch(memberPeers(systemWordsIn(chain.store.tipState)))
    },
    onPendingTransaction: (transaction) => api.tellPendingTransaction(transaction),
  }
  const ports = portsOf(opened, logger, { pool, tasks, observer }, ends)
  const replica = recorder === null ? new Replica(config, ports) : new RecordedReplica(config, ports, recorder)
  resources.add(() => replica.stop())
  const shown = { network, clientVersion: CLIENT_VERSION, nowMs, publicKeys }
  const api = new ReplicaApi({ config, replica, store: chain.store, ...shown })
  const admin = new ReplicaAdmin({ api, replica, network, peers, keyRing, startHeight, nowMs })
  const started = await startNetwork(network, replica, resources)
  if (!started.ok) return started
  replica.start()
  const poolFile = new PoolFile(opened.poolPath, replica, logger)
  resources.add(() => poolFile.stop())
  poolFile.start()
  logStart(opened, logger, replica, startHeight)
  return ok({ api, admin })
}

function logStart(
  { config, keyRing, network, recoverer }: Opened,
  logger: Logger,
  replica: Replica,
  startHeight: Height,
): void {
  const { self } = replica.epoch
  const silence = whySilent({ replica, publicKeys: () => keyRing.publicKeys })
  logger.info(self === null ? 'observing' : 'validating', {
    chain: config.genesis.chainId,
    genesis: config.genesisHash,
    height: startHeight,
    peer: network.peerId,
    signatures: recoverer.name,
    ...(self === null ? {} : { validator: self.address }),
    ...(silence === null ? {} : { because: silence }),
  })
  warnUnreached(replica, network, logger)
}

/** Of itself such a node looks as if everybody else were down. */
function warnUnreached(replica: Replica, network: Network, logger: Logger): void {
  const because = whyUnreached(replica, network.peerId)
  if (because !== null) logger.warn('the other validators do not know this node', { because })
}

function portsOf(
  { chain, keyRing, network, recoverer }: Opened,
  logger: Logger,
  parts: { readonly pool: CryptoPool; readonly tasks: TaskRunner; readonly observer: ReplicaObserver },
  { fail, stop, halting }: Ends,
): ReplicaPorts {
  return {
    network: replicaNetwork(network, fail),
    clock: systemClock,
    schedule: scheduleOnSystem,
    runTask: (task) => parts.tasks.run(task),
    recover: recoverInPool(parts.pool, recoverer, logger, fail),
    verifier: recoverer,
    keys: () => keyRing.keys,
    journal: chain.journal,
    store: chain.store,
    observer: parts.observer,
    logger,
    halting,
    stop,
  }
}

function startNetwork(network: Network, replica: Replica, resources: Resources): Promise<Result<null, Refusal>> {
  resources.add(() => network.stop())
  return startWire(network, {
    onDirect: (from, message) => replica.receiveDirect(from, message),
    onGossip: (topic, from, data) => new Promise((resolve) => replica.receiveGossip(topic, from, data, resolve)),
    onRequest: (from, request) => replica.answer(from, request),
    onPeerUp: (peer, direct) => replica.peerUp(peer, direct),
    onPeerDown: (peer, direct) => replica.peerDown(peer, direct),
  })
}

/** Within an epoch; what its last block changes, the next one begins with. */
function changesMembers({ block, transactions }: FinalBlock): boolean {
  return !block.header.consensus.end && transactions.some(({ to }) => to === SYSTEM_ADDRESS)
}

function stopped(reason: StopReason, dataDir: string): Refusal {
  return reason.kind === 'storage' ? failed(reason.error, dataDir) : writeHalt(reason, dataDir)
}

function failed(error: unknown, dataDir: string): Refusal {
  return damageOf(error, dataDir) ?? refusal(describe(error), EXIT.crashed)
}

/** A disk that fails is no fault of the program: where in it that showed helps nobody. */
function describe(error: unknown): string {
  if (error instanceof StorageFailure) return `storage failed: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
