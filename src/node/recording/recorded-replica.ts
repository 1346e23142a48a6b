/** A replica that writes down each call into it. */
import { EMPTY_BYTES, utf8 } from '../../base/bytes.ts'
import { uintBytes } from '../../codec/fields.ts'
import type { GossipTopic, GossipVerdict, PeerId } from '../../network/port.ts'
import type { ReplicaPorts } from '../../replica/ports.ts'
import { Replica } from '../../replica/replica.ts'
import type { ReplicaConfig } from '../../replica/replica-config.ts'
import type { IntakeVerdict } from '../../replica/transaction-intake.ts'
import { type Hash, idBytes } from '../../types/ids.ts'
import type { Recorder } from './recorder.ts'

export class RecordedReplica extends Replica {
  readonly #recorder: Recorder

  constructor(config: ReplicaConfig, ports: ReplicaPorts, recorder: Recorder) {
    super(config, recorder.ports(ports))
    this.#recorder = recorder
  }

  override start(): void {
    this.#recorder.enter('start')
    super.start()
  }

  override receiveDirect(from: PeerId, message: Uint8Array): void {
    this.#recorder.enter('direct', utf8(from), message)
    super.receiveDirect(from, message)
  }

  override receiveGossip(
    topic: GossipTopic,
    from: PeerId,
    data: Uint8Array,
    done: (verdict: GossipVerdict) => void,
  ): void {
    this.#recorder.enter('gossip', utf8(topic), utf8(from), data)
    super.receiveGossip(topic, from, data, done)
  }

  override answer(from: PeerId, request: Uint8Array): Uint8Array | undefined {
    this.#recorder.enter('answer', utf8(from), request)
    return super.answer(from, request)
  }

  override peerUp(peer: PeerId, direct: boolean): void {
    this.#recorder.enter('peerUp', utf8(peer), direct ? uintBytes(1) : EMPTY_BYTES)
    super.peerUp(peer, direct)
  }

  override peerDown(peer: PeerId, direct: boolean): void {
    this.#recorder.enter('peerDown', utf8(peer), direct ? uintBytes(1) : EMPTY_BYTES)
    super.peerDown(peer, direct)
  }

  override submit(envelope: Uint8Array, done: (verdict: IntakeVerdict) => void): void {
    this.#recorder.enter('submit', envelope)
    super.submit(envelope, done)
  }

  override drop(transaction: Hash): boolean {
    this.#recorder.enter('drop', idBytes(transaction))
    return super.drop(transaction)
  }

  override call(data: Uint8Array, done: (verdict: IntakeVerdict) => void): void {
    this.#recorder.enter('call', data)
    super.call(data, done)
  }
}
