/** Handlers that keep what they were told, with answers a test can change. */
import type { GossipTopic, GossipVerdict, NetworkHandlers, PeerId } from '../../../src/network/port.ts'

export class NetworkRecorder implements NetworkHandlers {
  readonly direct: { from: PeerId; message: Uint8Array }[] = []
  readonly gossip: { topic: GossipTopic; from: PeerId; data: Uint8Array }[] = []
  readonly requests: { from: PeerId; request: Uint8Array }[] = []
  readonly events: string[] = []
  readonly up = new Set<PeerId>()
  readonly directUp = new Set<PeerId>()
  verdict: (data: Uint8Array) => GossipVerdict | Promise<GossipVerdict> = () => 'accept'
  answer: NetworkHandlers['onRequest'] = (_from, request) => request

  onDirect(from: PeerId, message: Uint8Array): void {
    this.direct.push({ from, message })
  }

  onGossip(topic: GossipTopic, from: PeerId, data: Uint8Array): GossipVerdict | Promise<GossipVerdict> {
    this.gossip.push({ topic, from, data })
    return this.verdict(data)
  }

  onRequest(from: PeerId, request: Uint8Array): ReturnType<NetworkHandlers['onRequest']> {
    this.requests.push({ from, request })
    return this.answer(from, request)
  }

  onPeerUp(peer: PeerId, direct: boolean): void {
    this.#note(direct ? 'direct-up' : 'up', peer)
    ;(direct ? this.directUp : this.up).add(peer)
  }

  onPeerDown(peer: PeerId, direct: boolean): void {
    this.#note(direct ? 'direct-down' : 'down', peer)
    ;(direct ? this.directUp : this.up).delete(peer)
  }

  #note(event: string, peer: PeerId): void {
    this.events.push(`${event} ${peer}`)
  }
}
