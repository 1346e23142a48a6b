/** Subscriptions, over WebSocket only. */
import { METHOD_NOT_FOUND, methodNotFound, quote, RpcError } from '../errors.ts'
import type { RpcLimits } from '../limits.ts'
import { readCriteria } from '../log-filter.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asBoolean, asObject, asText, optional, required } from '../params.ts'
import type { Subscription } from '../subscriptions.ts'

function readSubscription(kind: string, options: unknown, limits: RpcLimits): Subscription {
  switch (kind) {
    case 'newHeads':
    case 'syncing':
      return { kind }
    case 'logs':
      return { kind, criteria: readCriteria(options === null ? {} : asObject(options, 'options'), limits) }
    case 'newPendingTransactions':
      return { kind, full: options !== null && asBoolean(options, 'options') }
    default:
      throw new RpcError(METHOD_NOT_FOUND, `no "${quote(kind)}" subscription in eth namespace`)
  }
}

/** Subscriptions need a connection that stays. @throws RpcError over HTTP. */
export function sessionOf({ session }: RpcContext, method: string) {
  if (session === null) throw methodNotFound(`${method} over HTTP`)
  return session
}

export const ETH_SUBSCRIBE_METHODS: readonly RpcMethod[] = [
  defineMethod(
    'eth_subscribe',
    [required('kind', asText), optional('options', (value) => value, null)],
    (context, kind, options) =>
      sessionOf(context, 'eth_subscribe').subscribe(readSubscription(kind, options, context.limits)),
  ),
  defineMethod('eth_unsubscribe', [required('subscription', asText)], (context, id) =>
    sessionOf(context, 'eth_unsubscribe').unsubscribe(id),
  ),
]
