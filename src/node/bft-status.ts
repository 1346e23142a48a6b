/** Where agreement stands and how much more may fail: `bft_status`. */
import { defined } from '../base/invariant.ts'
import { systemWordsIn } from '../ledger/system/state-records.ts'
import { readValidatorRecord, type ValidatorRecord } from '../ledger/system/validator-records.ts'
import type { Network } from '../network/port.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import type { Address } from '../types/ids.ts'
import { type KeyParts, memberOfKey, whySilent, whyUnreached } from './keys/key-standing.ts'
import type { BftStatus, PeerStatus } from './node-api.ts'

/** A validator that says nothing for so long is counted as gone: it beats every second. */
const SILENT_MS = 3_000
const JAILED = 'jailed: evidence against it is on chain'

export interface StatusParts extends KeyParts {
  readonly store: ChainStore
  readonly network: Network
  /** Monotonic. */
  readonly nowMs: () => number
}

export function bftStatus(parts: StatusParts): BftStatus {
  const { replica, store } = parts
  const { core } = replica
  const { validators, self } = replica.epoch
  const peers = validators.members.map((_, index) => peerStatus(parts, index))
  const member = memberOfKey(parts)
  const jailed = peers.filter((peer) => peer.suspicion === JAILED).length
  const reachable = peers.filter((peer) => peer.connected).length
  const honest = peers.filter((peer) => peer.connected && peer.suspicion !== JAILED).length
  const syncing = replica.syncProgress !== null || !replica.isStarted
  const { hash, header } = store.tip
  const live = self === null ? parts.network.connectedPeers().length > 0 : reachable >= validators.quorum
  return {
    role: self !== null ? 'validator' : member?.standing === 'candidate' ? 'candidate' : 'observer',
    address: self?.address ?? (member?.standing === 'candidate' ? member.address : null),
    faultModel: validators.model,
    n: validators.n,
    faultsTolerated: validators.faultsTolerated,
    quorum: validators.quorum,
    epoch: validators.epoch,
    view: self === null ? header.consensus.view : core.view,
    leader: addressOf(parts, core.leader),
    height: header.height,
    headHash: hash,
    stateRoot: header.stateRoot,
    highQcView: self === null ? header.consensus.view : core.highQc.view,
    viewTimeoutMs: core.viewTimeoutMs,
    syncing,
    live,
    reason: whyUnreached(replica, parts.network.peerId) ?? reasonOf(parts, live, syncing, peers) ?? whySilent(parts),
    validators: peers,
    failuresLeft: Math.max(0, self === null ? validators.faultsTolerated - jailed : honest - validators.quorum),
  }
}

function peerStatus(parts: StatusParts, index: number): PeerStatus {
  const { replica, nowMs, store } = parts
  const { self, records } = replica.epoch
  const address = addressOf(parts, index)
  const name = records[index]?.name ?? ''
  if (index === self?.index) {
    const { height } = store.tip.header
    const suspicion = isJailed(parts, address) ? JAILED : null
    const suspected = suspicion !== null
    const judged = { suspected, suspicion, divergedAt: null }
    return { address, name, connected: true, view: replica.core.view, height, silentMs: 0, ...judged }
  }
  const { status, divergence, heardAtMs, connected } = replica.links.stateOf(index)
  const silentMs = heardAtMs === null ? null : Math.round(nowMs() - heardAtMs)
  const divergedAt = divergence?.height ?? null
  const isHeard = connected && silentMs !== null && silentMs < SILENT_MS
  const suspicion = isJailed(parts, address)
    ? JAILED
    : divergedAt !== null
      ? `diverged: says that its execution refuses block ${divergedAt}, which a quorum certified`
      : self === null
        ? null
        : suspicionOf(isHeard, silentMs, replica.core.isSuspected(index))
  return {
    address,
    name,
    connected: isHeard,
    view: status?.view ?? null,
    height: status?.height ?? null,
    silentMs,
    suspected: suspicion !== null,
    suspicion,
    divergedAt,
  }
}

function suspicionOf(isHeard: boolean, silentMs: number | null, hasFailedToLead: boolean): string | null {
  if (silentMs === null) return 'never heard'
  if (!isHeard) return silentMs < SILENT_MS ? 'the connection is gone' : `silent for ${Math.round(silentMs / 1000)} s`
  return hasFailedToLead ? 'its last view as leader failed' : null
}

function isJailed(parts: StatusParts, id: Address): boolean {
  return recordOf(parts, id)?.jailed === true
}

function recordOf({ replica }: StatusParts, id: Address): ValidatorRecord | undefined {
  return readValidatorRecord(systemWordsIn(replica.finalState), id)
}

function reasonOf(parts: StatusParts, live: boolean, syncing: boolean, peers: readonly PeerStatus[]): string | null {
  const { validators, self } = parts.replica.epoch
  if (!live && self === null) return 'no peer is connected'
  if (!live) {
    const gone = peers.filter((peer) => !peer.connected).map((peer) => peer.name || peer.address)
    const there = validators.n - gone.length
    return `${there} of ${validators.n} validators are reachable, ${validators.quorum} are needed to commit anything: no sign of ${gone.join(', ')}`
  }
  return syncing ? 'catching up with the chain' : null
}

function addressOf(parts: StatusParts, index: number): Address {
  return defined(parts.replica.epoch.validators.at(index), 'a validator').address
}
