/**
 * Writes down everything that comes into a replica through its ports and methods, in order: enough for
 * `replay` to run the same replica again. An entry is a call into the replica with its time; behind it
 * stands what the replica then reads of the world, signs, or makes final.
 *
 * DETERMINISM: while it is recorded, a replica sees one time throughout an entry.
 */
import { utf8 } from '../../base/bytes.ts'
import { uintBytes } from '../../codec/fields.ts'
import type { RlpItem } from '../../codec/rlp.ts'
import type { Signer } from '../../crypto/secp256k1.ts'
import type { OwnKey, StatementSigner } from '../../replica/own-key.ts'
import type { ReplicaPorts } from '../../replica/ports.ts'
import type { FileDirectory, SyncDone } from '../../storage/file-port.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import { idBytes } from '../../types/ids.ts'
import { systemClock } from '../replica-ports.ts'
import type { RecordWriter } from './record-file.ts'
import { type JournalFiles, type Session, sessionFields } from './session.ts'

const EMPTY = new Uint8Array(0)

export class Recorder {
  readonly #writer: RecordWriter
  #before: JournalFiles
  #monotonicMs = systemClock.monotonicMs()
  #wallMs = systemClock.wallMs()
  /** Of what is asked for and answered later: timers, requests, tasks, syncs. */
  #lastId = 0
  /** A key stays the same whenever it is asked for. */
  readonly #keys = new WeakMap<OwnKey, OwnKey>()

  /** `before`: the journal that the last session in the file began with. */
  constructor(writer: RecordWriter, before: JournalFiles) {
    this.#writer = writer
    this.#before = before
  }

  begin(session: Session): void {
    this.#writer.append({ kind: 'session', fields: sessionFields(session, this.#before) })
    this.#before = new Map()
  }

  /** Before every call into the replica. */
  enter(kind: string, ...fields: readonly RlpItem[]): void {
    this.#monotonicMs = systemClock.monotonicMs()
    this.#wallMs = systemClock.wallMs()
    this.#writer.append({ kind, fields: [timeBytes(this.#monotonicMs), timeBytes(this.#wallMs), ...fields] })
  }

  /** Which the node holds from now on, beside those that it began with. */
  addKey({ publicKey, signingRecord }: OwnKey): void {
    this.enter('key', publicKey, signingRecord.payload)
  }

  files(directory: FileDirectory): FileDirectory {
    const answered = (done: SyncDone): SyncDone => {
      const id = this.#nextId()
      return (failure) => {
        // A failed disk ends the node: there is nothing behind it to be replayed.
        if (failure === undefined) this.enter('synced', id)
        done(failure)
      }
    }
    return {
      list: () => directory.list(),
      read: (name, offset, length) => directory.read(name, offset, length),
      create: (name, size) => directory.create(name, size),
      append: (name, bytes) => directory.append(name, bytes),
      overwrite: (name, offset, bytes) => directory.overwrite(name, offset, bytes),
      truncate: (name, length) => directory.truncate(name, length),
      remove: (name) => directory.remove(name),
      sync: (name, done) => directory.sync(name, answered(done)),
      syncDirectory: (done) => directory.syncDirectory(answered(done)),
    }
  }

  ports(ports: ReplicaPorts): ReplicaPorts {
    const { network, observer } = ports
    return {
      ...ports,
      clock: { monotonicMs: () => this.#monotonicMs, wallMs: () => this.#wallMs },
      schedule: (atMs, callback) => {
        const id = this.#nextId()
        return ports.schedule(atMs, () => {
          this.enter('timer', id)
          callback()
        })
      },
      runTask: (task) => ports.runTask(this.#task(task)),
      recover: (items, done) => {
        const id = this.#nextId()
        ports.recover(items, (signers) => {
          this.enter(
            'recovered',
            id,
            signers.map((signer) => (signer === undefined ? EMPTY : idBytes(signer))),
          )
          done(signers)
        })
      },
      network: {
        ...network,
        connectedPeers: () => {
          const peers = network.connectedPeers()
          this.#note(
            'peers',
            peers.map((peer) => utf8(peer)),
          )
          return peers
        },
        request: (to, request, options, done) => {
          const id = this.#nextId()
          network.request(to, request, options, (response) => {
            if (response.ok) this.enter('response', id, response.value)
            else this.enter('noResponse', id, utf8(response.error.code), utf8(response.error.message))
            done(response)
          })
        },
      },
      keys: () => ports.keys().map((key) => this.#key(key)),
      observer: {
        ...observer,
        onFinalBlock: (final) => {
          this.#note('final', ...finalFields(final))
          observer.onFinalBlock?.(final)
        },
      },
    }
  }

  #key(key: OwnKey): OwnKey {
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    const recorded = { ...key, signer: this.#signer(key.signer), callSigner: this.#callSigner(key.callSigner) }
    this.#keys.set(key, recorded)
    return recorded
  }

  #signer(signer: StatementSigner): StatementSigner {
    return {
      ...signer,
      sign: (digest) => {
        const signature = signer.sign(digest)
        this.#note('signed', digest, signature)
        return signature
      },
    }
  }

  #callSigner(signer: Signer): Signer {
    return {
      ...signer,
      sign: (digest) => {
        const signed = signer.sign(digest)
        this.#note('signedCall', digest, signed.signature, uintBytes(signed.yParity))
        return signed
      },
    }
  }

  #task(task: Iterator<void, void>): Iterator<void, void> {
    const id = this.#nextId()
    return {
      next: () => {
        this.enter('step', id)
        return task.next()
      },
    }
  }

  #note(kind: string, ...fields: readonly RlpItem[]): void {
    this.#writer.append({ kind, fields })
  }

  #nextId(): Uint8Array {
    this.#lastId += 1
    return uintBytes(this.#lastId)
  }
}

export function finalFields({ block }: FinalBlock): readonly Uint8Array[] {
  return [uintBytes(block.header.height), idBytes(block.hash), idBytes(block.header.stateRoot)]
}

/** 8 bytes: a clock's milliseconds with their fraction. */
function timeBytes(ms: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, ms)
  return bytes
}
