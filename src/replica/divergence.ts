/**
 * What a replica finds out when its own execution refuses a block that a quorum certified (docs/operations.md,
 * "Halted"): both roots, and the first account in which they differ. The others' trie is walked from the certified
 * root, each node fetched from whoever has it and checked by its hash; it signs nothing any more while it does so.
 */

import { BoundedMap } from '../base/bounded.ts'
import { bytesEqual, toHex } from '../base/bytes.ts'
import { keccak256 } from '../crypto/keccak.ts'
import { type Account, decodeAccount } from '../ledger/account.ts'
import { SYSTEM_ADDRESS } from '../ledger/system/system-account.ts'
import { WorldState } from '../ledger/world-state.ts'
import { encodeRequest } from '../network/requests.ts'
import type { EntryDifference } from '../trie/first-difference.ts'
import { MissingNodeError } from '../trie/node-source.ts'
import type { Block } from '../types/block.ts'
import { type Address, type Hash, idBytes } from '../types/ids.ts'
import type { BlockResult } from './block-result.ts'
import { haltReport } from './halt-report.ts'
import type { ReplicaPorts } from './ports.ts'
import { syncPorts } from './sync-ports.ts'

export interface Divergence {
  readonly reason: string
  readonly certificates: readonly unknown[]
  /** Certified. */
  readonly block: Block
  /** Undefined when our own execution came to no state. */
  readonly own: BlockResult | undefined
}

type InquiryPorts = Pick<ReplicaPorts, 'network' | 'clock' | 'schedule' | 'halting'>

/** A person waits for the report, and a supervisor for the process to end. */
const INQUIRY_MS = 10_000
const REQUEST_TIMEOUT_MS = 1_000
/** Others have the state of a certified block on disk when it is final. */
const RETRY_MS = 200
/** BOUND: as many as the deepest way through the trie has, and what lies beside it. */
const NODES_MAX = 1_024

const REMEDY =
  'Compare version, modules and configuration with the others, and the memory and disk of this machine. ' +
  'When the cause is gone, delete journal and state in the data directory, then this file: the node fetches ' +
  'and verifies the chain anew.'

/** `done` gets the text of the report, after a bounded time; what is known already is told at once. */
export function reportDivergence(divergence: Divergence, ports: InquiryPorts, done: (report: string) => void): void {
  const { reason, certificates, block, own } = divergence
  const { height, stateRoot } = block.header
  const report = (firstDifferingAccount: unknown): string =>
    haltReport(reason, {
      divergence: {
        height,
        blockHash: block.hash,
        certifiedStateRoot: stateRoot,
        ownStateRoot: own?.executed.stateRoot ?? 'none: a transaction was refused',
        firstDifferingAccount,
      },
      remedy: REMEDY,
      certificates,
    })
  if (own === undefined) done(report('unknown: this replica came to no state of the block'))
  else if (own.executed.stateRoot === stateRoot)
    done(report('none: the states are the same, the headers differ otherwise'))
  else {
    ports.halting({ kind: 'halt', reason, report: report('unknown: this replica ended while it asked the others') })
    inquire(own.executed.state, stateRoot, ports, (found) => done(report(describe(found, block, own))))
  }
}

/** Null when nobody could tell in time. */
function inquire(
  own: WorldState,
  root: Hash,
  ports: InquiryPorts,
  done: (found: EntryDifference | null) => void,
): void {
  const nodes = new BoundedMap<string, Uint8Array>(NODES_MAX)
  const certified = WorldState.at(root, {
    node: (_owner, _path, hash) => nodes.get(toHex(hash)),
    code: () => undefined,
  })
  let isOver = false
  let attempts = 0
  const end = (found: EntryDifference | null): void => {
    if (isOver) return
    isOver = true
    done(found)
  }
  const { request, later, penalise } = syncPorts(ports, () => isOver)
  ports.schedule(ports.clock.monotonicMs() + INQUIRY_MS, () => end(null))
  const proceed = (): void => {
    try {
      end(own.firstDifference(certified) ?? null)
    } catch (error) {
      if (!(error instanceof MissingNodeError)) throw error
      // What is held already and missing all the same is missing on our side.
      if (nodes.has(toHex(error.hash))) end(null)
      else ask(error)
    }
  }
  const ask = ({ path, hash }: MissingNodeError): void => {
    const peers = ports.network.connectedPeers()
    const peer = peers[attempts++ % Math.max(1, peers.length)]
    if (peer === undefined) {
      later(RETRY_MS, proceed)
      return
    }
    request(peer, encodeRequest({ kind: 'stateNode', path, hash }), REQUEST_TIMEOUT_MS, (response) => {
      const isAnswer = response.ok && response.value.length > 0
      const isTrue = isAnswer && bytesEqual(keccak256(response.value), hash)
      if (isAnswer && !isTrue) penalise(peer, 'answered with a state node that was not asked for')
      if (isTrue) nodes.set(toHex(hash), response.value)
      if (isTrue) proceed()
      else later(RETRY_MS, proceed)
    })
  }
  proceed()
}

function describe(found: EntryDifference | null, block: Block, own: BlockResult): unknown {
  if (found === null) return 'unknown: no peer answered in time'
  const address = touchedBy(block, own).find((candidate) => bytesEqual(keccak256(idBytes(candidate)), found.key))
  return {
    address: address ?? 'none that the block names',
    addressHash: toHex(found.key),
    own: accountOf(found.before),
    certified: accountOf(found.after),
  }
}

/** The trie knows addresses by their hash only. */
function touchedBy({ header }: Block, { transactions }: BlockResult): readonly Address[] {
  return [SYSTEM_ADDRESS, header.miner, ...transactions.flatMap(({ sender, to }) => [sender, to])]
}

function accountOf(encoding: Uint8Array | undefined): Account | 'absent' {
  return encoding === undefined ? 'absent' : decodeAccount(encoding)
}
