/** What one node sends and asks for, over the simulated network; a Byzantine node's strategy sits here. */
import { err, ok, type Result } from '../base/result.ts'
import { type Rejection, rejection } from '../base/rejection.ts'
import type { GossipTopic, PeerId, RequestFailure, RequestOptions } from '../network/port.ts'
import { peerOf } from './simulated-genesis.ts'
import type { SimulatedNode } from './simulated-node.ts'
import type { World } from './world.ts'

const LINK_UP_US = 2_000

export class SimulatedLinks {
  readonly #world: World
  readonly #node: SimulatedNode

  constructor(world: World, node: SimulatedNode) {
    this.#world = world
    this.#node = node
  }

  sendDirect(to: PeerId, message: Uint8Array): boolean {
    const target = this.#nodeOf(to)
    if (target?.isUp !== true) return false
    const actor = this.#world.strategyOf(this.#node)
    if (actor === undefined) this.send(target.index, message)
    else for (const outgoing of actor.rewrite(target.index, message)) this.send(outgoing.to, outgoing.message)
    return true
  }

  /** Past any strategy. */
  send(to: number, message: Uint8Array): void {
    const from = this.#node.index
    this.#world.network.carry(from, to, () => {
      const target = this.#world.nodes[to]
      if (target?.isUp !== true) return
      this.#world.onDelivery(from, to, message)
      target.deliver((replica) => replica.receiveDirect(peerOf(from), message))
    })
  }

  publish(topic: GossipTopic, data: Uint8Array): void {
    const from = this.#node.index
    for (const target of this.#world.nodes)
      if (target !== this.#node)
        this.#world.network.carry(from, target.index, () => {
          target.deliver((replica) =>
            replica.receiveGossip(topic, peerOf(from), data, (verdict) => {
              if (verdict === 'reject') this.#world.onRejectedGossip(target, peerOf(from))
            }),
          )
        })
  }

  request(
    to: PeerId,
    request: Uint8Array,
    options: RequestOptions,
    done: (response: Result<Uint8Array, Rejection<RequestFailure>>) => void,
  ): void {
    const target = this.#nodeOf(to)
    const { network, scheduler } = this.#world
    let isDone = false
    const finish = (response: Result<Uint8Array, Rejection<RequestFailure>>): void => {
      if (isDone) return
      isDone = true
      timeout.action = null
      done(response)
    }
    const timeout = scheduler.after(options.timeoutMs * 1000, () => finish(failure('request-timeout')))
    if (target?.isUp !== true) {
      scheduler.after(0, () => finish(failure('not-connected')))
      return
    }
    const from = this.#node.index
    network.carry(from, target.index, () =>
      target.deliver((replica) => {
        const answer = replica.answer(peerOf(from), request)
        network.carry(target.index, from, () =>
          finish(
            answer === undefined
              ? failure('request-refused')
              : answer.length > options.responseBytesMax
                ? failure('response-too-large')
                : ok(answer),
          ),
        )
      }),
    )
  }

  connectedPeers(): readonly PeerId[] {
    return this.#world.nodes.flatMap((node) => (node !== this.#node && node.isUp ? [peerOf(node.index)] : []))
  }

  /** Streams with all others come up, or break. */
  announce(isUp: boolean): void {
    const self = this.#node
    for (const other of this.#world.nodes) {
      if (other === self || !other.isUp) continue
      this.#world.scheduler.after(LINK_UP_US, () => {
        if (self.isUp !== isUp || !other.isUp) return
        this.#tell(other, self, isUp)
        if (isUp) this.#tell(self, other, true)
      })
    }
  }

  #tell(node: SimulatedNode, about: SimulatedNode, isUp: boolean): void {
    node.deliver((replica) => {
      const direct = !about.isObserver && !node.isObserver
      if (isUp) replica.peerUp(peerOf(about.index), direct)
      else replica.peerDown(peerOf(about.index), direct)
    })
  }

  #nodeOf(peer: PeerId): SimulatedNode | undefined {
    return this.#world.nodes.find((node) => peerOf(node.index) === peer)
  }
}

function failure(code: RequestFailure): { readonly ok: false; readonly error: Rejection<RequestFailure> } {
  return err(rejection(code, code, 'ignore'))
}
