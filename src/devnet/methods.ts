/** What a devnet tells one of its processes, over the admin socket of that process. */
import { defined } from '../base/invariant.ts'
import type { PeerId } from '../network/port.ts'
import { RpcError, SERVER_ERROR } from '../rpc/errors.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../rpc/method.ts'
import { asArray, asLenientQuantity, asText, required } from '../rpc/params.ts'
import type { Address } from '../types/ids.ts'
import type { Equivocator } from './equivocator.ts'
import type { FaultyNetwork } from './faulty-network.ts'

/** What can be done to this process; there as soon as its node is. */
export interface Hurtable {
  readonly network: FaultyNetwork
  /** Null without a consensus key. */
  readonly liar: { readonly equivocator: Equivocator; readonly address: Address } | null
}

const PEERS_MAX = 256
const DELAY_MS_MAX = 60_000
const VIEWS_MAX = 1_000

export function devnetMethods(hurtable: () => Hurtable | undefined): readonly RpcMethod[] {
  const ours = (): Hurtable => defined(hurtable(), 'the network of a node that answers')
  return [
    defineMethod(
      'devnet_setFaults',
      [required('cutOff', asArray(asText, PEERS_MAX)), required('delayMs', asLenientQuantity)],
      (_, cutOff, delayMs) => {
        const faults = { cutOff: cutOff as PeerId[], delayMs: Math.min(delayMs, DELAY_MS_MAX) }
        ours().network.setFaults(faults)
        return faults
      },
    ),
    defineMethod('devnet_equivocate', [required('views', asLenientQuantity)], (context, views) =>
      equivocate(ours(), context, Math.min(views, VIEWS_MAX)),
    ),
  ]
}

function equivocate({ network, liar }: Hurtable, { node }: RpcContext, views: number) {
  if (liar === null) throw new RpcError(SERVER_ERROR, 'this process has no consensus key to lie with')
  const signer = node.validators().findIndex(({ address }) => address === liar.address)
  if (signer < 0) throw new RpcError(SERVER_ERROR, 'this process is no validator: nobody counts its votes')
  const { epoch, view } = node.status()
  liar.equivocator.lieUntil(view + views - 1)
  for (const message of liar.equivocator.contradiction(epoch, view, signer))
    for (const peer of network.connectedPeers()) network.sendDirect(peer, message)
  return { epoch, view, views }
}
