/**
 * `tertia snapshot export` of a node that runs: the end of its newest epoch, asked for part by part as newcomers
 * ask, and at their pace, so that agreement goes first. It is the own node, and believed; who imports verifies.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { EMPTY_BYTES } from '../../base/bytes.ts'
import { invariant } from '../../base/invariant.ts'
import { err, type Result } from '../../base/result.ts'
import type { Request } from '../../network/requests.ts'
import { walkState } from '../../sync/snapshot/cut-state.ts'
import {
  decodeLinks,
  decodeManifest,
  decodeStateRecord,
  type SetLink,
  type SnapshotManifest,
} from '../../sync/snapshot/snapshot-records.ts'
import { MissingNodeError } from '../../trie/node-source.ts'
import { type Hash, idBytes } from '../../types/ids.ts'
import { EXIT, type Refusal, refusal } from '../exit-codes.ts'
import { type ExportedSnapshot, writeSnapshot } from './write-snapshot.ts'

/** Empty where the node has not what is asked for; null when it has too much to do for now. */
export type AskNode = (request: Request) => Promise<Uint8Array | null>

export interface Patience {
  /** After which a node that is busy is asked again. */
  readonly restMs: number
  /** For how long. */
  readonly patienceMs: number
}

type Ask = (request: Request) => Promise<Uint8Array>

class BusyNodeError extends Error {}

const PATIENCE: Patience = { restMs: 50, patienceMs: 60_000 }

export async function exportFromRunning(
  ask: AskNode,
  file: string,
  patience: Patience = PATIENCE,
): Promise<Result<ExportedSnapshot, Refusal>> {
  try {
    return await exportWith((request) => askAgain(ask, request, patience), file)
  } catch (error) {
    if (!(error instanceof BusyNodeError)) throw error
    const seconds = Math.round(patience.patienceMs / 1_000)
    return err(refusal(`the node has given nothing for ${seconds} s, it has too much to do: try again`, EXIT.retry))
  }
}

async function askAgain(ask: AskNode, request: Request, { restMs, patienceMs }: Patience): Promise<Uint8Array> {
  const endMs = performance.now() + patienceMs
  for (;;) {
    const answer = await ask(request)
    if (answer !== null) return answer
    if (performance.now() >= endMs) throw new BusyNodeError()
    await sleep(restMs)
  }
}

async function exportWith(ask: Ask, file: string): Promise<Result<ExportedSnapshot, Refusal>> {
  const manifest = await manifestFrom(ask)
  if (manifest !== null) return await writeSnapshot(file, manifest, stateFrom(ask, manifest.block.header.stateRoot))
  const why = 'no epoch has ended here whose state is still kept: stop the node to export its newest block'
  return err(refusal(why, EXIT.retry))
}

async function manifestFrom(ask: Ask): Promise<SnapshotManifest | null> {
  const bytes = await ask({ kind: 'snapshot' })
  if (bytes.length === 0) return null
  const manifest = read(decodeManifest(bytes))
  const epochs = manifest.block.header.consensus.epoch - 1
  const links: SetLink[] = []
  while (links.length < epochs) {
    const more = read(decodeLinks(await ask({ kind: 'setLinks', from: links.length + 1 })))
    invariant(more.length > 0, 'a node has the ends of all epochs before its newest')
    links.push(...more)
  }
  return { ...manifest, links: links.slice(0, epochs) }
}

async function* stateFrom(ask: Ask, root: Hash): AsyncGenerator<Uint8Array> {
  const walk = walkState(root)
  for (let next = walk.next(); next.done !== true; ) {
    const bytes = await ask(next.value)
    if (bytes.length === 0) throw new MissingNodeError(EMPTY_BYTES, idBytes(root))
    yield bytes
    next = walk.next(read(decodeStateRecord(bytes)))
  }
}

function read<T>(decoded: Result<T, unknown>): T {
  invariant(decoded.ok, 'a node of this version answers what decodes')
  return decoded.value
}
