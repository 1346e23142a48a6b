/** What one node sends and asks for, over the simulated network; a Byzantine node's strategy sits here. */

import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import type { GossipTopic, PeerId, RequestFailure, RequestOptions } from '../../network/port.ts'
import type { EpochContext } from '../../replica/epoch-context.ts'
import { peerOf } from '../simulated-genesis.ts'
import type { World } from '../world.ts'
import type { SimulatedNode } from './simulated-node.ts'

const LINK_UP_US = 2_000

export class SimulatedLinks {
  readonly #world: World
  readonly #node: SimulatedNode
  /** Peers of the running epoch, and those that streams run to: with those of the epoch before. */
  #validators: readonly PeerId[] = []
  #known: ReadonlySet<PeerId> = new Set()

  constructor(world: World, node: SimulatedNode) {
    this.#world = world
    this.#node = node
  }

  /** It comes up in this epoch, and knows nothing of those before. */
  boot({ peers }: EpochContext): void {
    this.#validators = peers.filter((peer) => peer !== null)
    this.#known = new Set(this.#validators)
  }

  /** As a node's book of peers does: the validators of the epoch before stay for one more. */
  enterEpoch({ peers }: EpochContext): void {
    const others = this.#world.nodes.filter((node) => node !== this.#node && node.isUp)
    const before = new Set(others.filter((node) => this.#streamsTo(node)))
    const leaving = this.#validators
    this.#validators = peers.filter((peer) => peer !== null)
    this.#known = new Set([...leaving, ...this.#validators])
    for (const other of others) {
      const isUp = this.#streamsTo(other)
      if (isUp === before.has(other)) continue
      this.#world.scheduler.after(LINK_UP_US, () => {
        if (this.#streamsTo(other) !== isUp || !this.#node.isUp || !other.isUp) return
        this.#tell(other, this.#node, isUp, true)
        this.#tell(this.#node, other, isUp, true)
      })
    }
  }

  /** Streams run between two of whom each holds both for validators. */
  #streamsTo(other: SimulatedNode): boolean {
    const self = this.#node
    if (self.isObserver || other.isObserver || !this.#isConnected(other)) return false
    const [one, two] = [peerOf(self.validator), peerOf(other.validator)]
    const theirs = other.links.#known
    return this.#known.has(one) && this.#known.has(two) && theirs.has(one) && theirs.has(two)
  }

  #isConnected(other: SimulatedNode): boolean {
    return other.isUp && !this.#world.network.isApart(this.#node.index, other.index)
  }

  sendDirect(to: PeerId, message: Uint8Array): boolean {
    this.#world.onDirectSent(this.#node, to, message)
    const targets = this.#nodesOf(to).filter((target) => this.#streamsTo(target))
    if (targets.length === 0) return false
    const actor = this.#world.strategyOf(this.#node)
    for (const target of targets)
      if (actor === undefined) this.send(target, message)
      else
        for (const outgoing of actor.rewrite(target.validator, message))
          for (const receiver of this.#nodesOf(peerOf(outgoing.to))) this.send(receiver, outgoing.message)
    return true
  }

  /** Past any strategy. */
  send(target: SimulatedNode, message: Uint8Array): void {
    const self = this.#node
    if (target === self || !this.#world.mayReach(self, target)) return
    this.#world.network.carry(self.index, target.index, () => {
      if (!target.isUp) return
      this.#world.onDelivery(self.index, target.index, message)
      target.deliver((replica) => {
        const { epoch } = replica.epoch.validators
        replica.receiveDirect(peerOf(self.validator), message)
        this.#world.onDirectTaken(target, epoch, peerOf(self.validator), message)
      })
    })
  }

  publish(topic: GossipTopic, data: Uint8Array): void {
    const self = this.#node
    const from = peerOf(self.validator)
    for (const target of this.#world.nodes)
      if (target !== self && this.#isConnected(target) && this.#world.mayReach(self, target))
        this.#world.network.carry(self.index, target.index, () => {
          target.deliver((replica) =>
            replica.receiveGossip(topic, from, data, (verdict) => {
              if (verdict === 'reject') this.#world.onRejectedGossip(target, from)
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
    const self = this.#node
    const target = this.#nodesOf(to).find((node) => this.#world.mayReach(self, node))
    const { network, scheduler } = this.#world
    let isDone = false
    const finish = (response: Result<Uint8Array, Rejection<RequestFailure>>): void => {
      if (isDone) return
      isDone = true
      timeout.action = null
      done(response)
    }
    const timeout = scheduler.after(options.timeoutMs * 1000, () => finish(failure('request-timeout')))
    if (target === undefined || !this.#isConnected(target)) {
      scheduler.after(0, () => finish(failure('not-connected')))
      return
    }
    network.carry(self.index, target.index, () =>
      target.deliver((replica) => {
        const honest = replica.answer(peerOf(self.validator), request)
        const actor = honest === undefined ? undefined : this.#world.strategyOf(target)
        const answer = actor?.answer === undefined || honest === undefined ? honest : actor.answer(honest)
        network.carry(target.index, self.index, () =>
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
    const { nodes } = this.#world
    return nodes.flatMap((node) => (node !== this.#node && this.#isConnected(node) ? [peerOf(node.validator)] : []))
  }

  /** Connections to all others are made, or break, as it comes up or goes down. */
  announce(isUp: boolean): void {
    const self = this.#node
    const { network, nodes, scheduler } = this.#world
    if (!isUp) network.loseTowards(self.index)
    for (const other of nodes) {
      if (other === self) continue
      if (isUp) network.connect(self.index, other.index)
      if (!other.isUp) continue
      scheduler.after(LINK_UP_US, () => {
        if (self.isUp !== isUp || !this.#isConnected(other)) return
        if (isUp) this.#tellOfConnection(other)
        else this.#tellOfLoss(other, self, this.#streamsTo(other))
      })
    }
  }

  /** The connection of two breaks, and they dial each other again after a while. */
  breakOff(other: SimulatedNode, forMs: number): void {
    const self = this.#node
    const { coverage, network, scheduler } = this.#world
    if (!self.isUp || !this.#isConnected(other)) return
    coverage.hit('connection broken')
    const hadStream = this.#streamsTo(other)
    network.breakConnection(self.index, other.index)
    this.#tellOfLoss(other, self, hadStream)
    this.#tellOfLoss(self, other, hadStream)
    const connection = network.connectionOf(self.index, other.index)
    scheduler.after(forMs * 1000, () => {
      // Who has been down since has made all its connections anew.
      if (network.connectionOf(self.index, other.index) !== connection) return
      network.connect(self.index, other.index)
      this.#tellOfConnection(other)
    })
  }

  #tellOfConnection(other: SimulatedNode): void {
    const direct = this.#streamsTo(other)
    this.#tell(other, this.#node, true, direct)
    this.#tell(this.#node, other, true, direct)
  }

  #tellOfLoss(node: SimulatedNode, about: SimulatedNode, hadStream: boolean): void {
    if (hadStream) this.#tell(node, about, false, true)
    this.#tell(node, about, false, false)
  }

  #tell(node: SimulatedNode, about: SimulatedNode, isUp: boolean, direct: boolean): void {
    node.deliver((replica) => {
      if (isUp) replica.peerUp(peerOf(about.validator), direct)
      else replica.peerDown(peerOf(about.validator), direct)
    })
  }

  #nodesOf(peer: PeerId): readonly SimulatedNode[] {
    return this.#world.nodes.filter((node) => peerOf(node.validator) === peer)
  }
}

function failure(code: RequestFailure): { readonly ok: false; readonly error: Rejection<RequestFailure> } {
  return err(rejection(code, code, 'ignore'))
}
