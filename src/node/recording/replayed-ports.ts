/** The world of a recorded replica, as its recording tells it. */
import { bytesEqual } from '../../base/bytes.ts'
import { defined } from '../../base/invariant.ts'
import { silentLogger } from '../../base/logger.ts'
import type { Rejection } from '../../base/rejection.ts'
import type { Result } from '../../base/result.ts'
import { asBytes, asFixedBytes, asFlag, asList, asUint } from '../../codec/fields.ts'
import type { RlpItem } from '../../codec/rlp.ts'
import type { PeerId } from '../../network/port.ts'
import type { OwnKey } from '../../replica/own-key.ts'
import type { ReplicaPorts } from '../../replica/ports.ts'
import type { SyncDone } from '../../storage/file-port.ts'
import type { SigningRecord } from '../../storage/signing-record.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import { type Address, addressFromBytes } from '../../types/ids.ts'
import type { RecordEntry } from './record-file.ts'
import { finalFields } from './recorder.ts'

/** The replica did something else than the recording says. */
export class ReplayDifference extends Error {
  override readonly name = 'ReplayDifference'
}

type Answer =
  | { readonly kind: 'timer'; readonly callback: () => void }
  | { readonly kind: 'step'; readonly task: Iterator<void, void> }
  | { readonly kind: 'synced'; readonly done: SyncDone }
  | { readonly kind: 'recovered'; readonly done: (signers: readonly (Address | undefined)[]) => void }
  | { readonly kind: 'response'; readonly done: (response: Result<Uint8Array, Rejection>) => void }

export class ReplayedWorld {
  readonly #entries: readonly RecordEntry[]
  readonly #onFinal: (final: FinalBlock) => void
  readonly #answers = new Map<number, Answer>()
  #at: number
  #lastId = 0
  #monotonicMs = 0
  #wallMs = 0
  isStopped = false

  /** `at`: index of the first entry after the session's. */
  constructor(entries: readonly RecordEntry[], at: number, onFinal: (final: FinalBlock) => void) {
    this.#entries = entries
    this.#at = at
    this.#onFinal = onFinal
  }

  /** Index of the next entry. */
  get at(): number {
    return this.#at
  }

  /** The next call into the replica; its time is the time from now on. Undefined at the end of the session. */
  nextEntry(): { readonly kind: string; readonly fields: readonly RlpItem[] } | undefined {
    const entry = this.#entries[this.#at]
    if (entry === undefined || entry.kind === 'session') return undefined
    if (NOTES.has(entry.kind)) throw this.difference(`the node has ${NOTES.get(entry.kind)}, the replay has not`)
    this.#at += 1
    const [monotonic, wall, ...fields] = entry.fields
    this.#monotonicMs = timeFrom(monotonic)
    this.#wallMs = timeFrom(wall)
    return { kind: entry.kind, fields }
  }

  /** What the replica waits for is there. */
  answer(kind: string, fields: readonly RlpItem[]): void {
    const [id, ...values] = fields
    const number = asUint(id, 'id')
    const waiting = this.#answers.get(number)
    if (waiting === undefined) throw this.difference(`the replay has not asked for ${kind} ${number}`)
    if (waiting.kind !== 'step') this.#answers.delete(number)
    switch (waiting.kind) {
      case 'timer':
        return waiting.callback()
      case 'step':
        waiting.task.next()
        return
      case 'synced':
        return waiting.done()
      case 'recovered':
        return waiting.done(
          asList(values[0], 'signers').map((signer) => {
            const bytes = asBytes(signer, 'signer')
            return bytes.length === 0 ? undefined : addressFromBytes(bytes)
          }),
        )
      case 'response':
        return waiting.done(responseOf(kind, values))
    }
  }

  expectSync(done: SyncDone): void {
    this.#expect({ kind: 'synced', done })
  }

  ownKey(publicKey: Uint8Array, signingRecord: SigningRecord): OwnKey {
    return {
      publicKey,
      signer: { sign: (digest) => this.#sign(digest) },
      callSigner: { publicKey, sign: (digest) => this.#signCall(digest) },
      signingRecord,
    }
  }

  /** `keys` may become more. */
  ports(parts: Pick<ReplicaPorts, 'journal' | 'store' | 'verifier'>, keys: readonly OwnKey[]): ReplicaPorts {
    return {
      ...parts,
      network: {
        sendDirect: () => true,
        publish: () => undefined,
        request: (_to, _request, _options, done) => this.#expect({ kind: 'response', done }),
        connectedPeers: () => asList(this.#note('peers')[0], 'peers').map((peer) => textOf(peer) as PeerId),
        penalise: () => undefined,
      },
      clock: { monotonicMs: () => this.#monotonicMs, wallMs: () => this.#wallMs },
      schedule: (_atMs, callback) => {
        this.#expect({ kind: 'timer', callback })
        return () => undefined
      },
      runTask: (task) => this.#expect({ kind: 'step', task }),
      recover: (_items, done) => this.#expect({ kind: 'recovered', done }),
      keys: () => keys,
      observer: { onFinalBlock: (final) => this.#final(final) },
      logger: silentLogger,
      halting: () => undefined,
      stop: () => {
        this.isStopped = true
      },
    }
  }

  difference(what: string): ReplayDifference {
    return new ReplayDifference(`record ${this.#at}: ${what}`)
  }

  #expect(answer: Answer): void {
    this.#lastId += 1
    this.#answers.set(this.#lastId, answer)
  }

  #sign(digest: Uint8Array): Uint8Array {
    const [recorded, signature] = this.#note('signed')
    if (!bytesEqual(asFixedBytes(recorded, 32, 'digest'), digest))
      throw this.difference('the node has signed something else')
    return asFixedBytes(signature, 64, 'signature')
  }

  #signCall(digest: Uint8Array): { signature: Uint8Array; yParity: 0 | 1 } {
    const [recorded, signature, yParity] = this.#note('signedCall')
    if (!bytesEqual(asFixedBytes(recorded, 32, 'digest'), digest))
      throw this.difference('the node has signed another call')
    return { signature: asFixedBytes(signature, 64, 'signature'), yParity: asFlag(yParity, 'yParity') ? 1 : 0 }
  }

  #final(final: FinalBlock): void {
    const recorded = this.#note('final')
    const what = ['height', 'block hash', 'state root']
    for (const [index, ours] of finalFields(final).entries()) {
      const theirs = asBytes(recorded[index], 'recorded')
      if (!bytesEqual(ours, theirs))
        throw this.difference(`another ${what[index]} at height ${final.block.header.height}`)
    }
    this.#onFinal(final)
  }

  /** What the replica has read or done, as it was recorded at this very place. */
  #note(kind: string): readonly RlpItem[] {
    const entry = this.#entries[this.#at]
    // The end of a recording that was cut off: nothing more is known.
    if (entry === undefined || entry.kind === 'session') throw new EndOfRecording()
    if (entry.kind !== kind) throw this.difference(`the replay has ${NOTES.get(kind)}, the node has not`)
    this.#at += 1
    return entry.fields
  }
}

/** In the middle of an entry: the rest was lost with the process. */
export class EndOfRecording extends Error {
  override readonly name = 'EndOfRecording'
}

const NOTES: ReadonlyMap<string, string> = new Map([
  ['peers', 'looked at its peers'],
  ['signed', 'signed'],
  ['signedCall', 'signed a call'],
  ['final', 'made a block final'],
])

function responseOf(kind: string, [first, second]: readonly RlpItem[]): Result<Uint8Array, Rejection> {
  if (kind === 'response') return { ok: true, value: asBytes(first, 'response') }
  return { ok: false, error: { code: textOf(first), message: textOf(second), verdict: 'ignore' } }
}

export function textOf(item: RlpItem | undefined): string {
  return new TextDecoder().decode(asBytes(item, 'text'))
}

function timeFrom(item: RlpItem | undefined): number {
  const bytes = defined(item, 'a time')
  const fixed = asFixedBytes(bytes, 8, 'time')
  return new DataView(fixed.buffer, fixed.byteOffset, 8).getFloat64(0)
}
