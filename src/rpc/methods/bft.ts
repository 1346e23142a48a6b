/** The agreement, as no Ethereum client asks for it. Numbers here are JSON numbers: people read them. */
import { defined } from '../../base/invariant.ts'
import type { Height } from '../../types/ids.ts'
import { asLenientBlockNumber, existingBlock, heightOf, requiredBlockParameter } from '../block-id.ts'
import { fieldsOf } from '../call-object.ts'
import { invalidParams, METHOD_NOT_FOUND, quote, RESOURCE_NOT_FOUND, RpcError } from '../errors.ts'
import { finalityProof, validatorSetProof } from '../finality-proof.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asLenientQuantity, asText, optional, required } from '../params.ts'
import { headerJson } from '../serializers/block.ts'
import { data } from '../serializers/encoding.ts'
import { signerStats } from '../signer-stats.ts'
import { sessionOf } from './eth-subscribe.ts'

function asRange(value: unknown, what: string) {
  const field = fieldsOf(value, what)
  return { from: field('fromBlock', asLenientBlockNumber, null), to: field('toBlock', asLenientBlockNumber, null) }
}

/** The last blocks when no bound is given. */
function statsOf({ node, limits, work }: RpcContext, { from, to }: ReturnType<typeof asRange>) {
  const toHeight = to === null ? node.head().header.height : heightOf(node, to)
  const span = limits.signerStatsBlocksMax
  const fromHeight = from === null ? Math.max(1, toHeight + 1 - span) : heightOf(node, from)
  if (fromHeight > toHeight) throw invalidParams('invalid block range params')
  if (toHeight - fromHeight >= span) throw invalidParams(`block range too large, at most ${span} blocks`)
  return signerStats(node, work, fromHeight, toHeight)
}

/** What `newHeads` would have said since block `from`: a subscriber that was cut off goes on from there. */
function headsFrom({ node, limits }: RpcContext, from: Height) {
  const end = Math.min(node.head().header.height + 1, from + limits.headsMax)
  return Array.from({ length: Math.max(0, end - from) }, (_, offset) => {
    const { header, hash } = defined(node.blockByHeight(from + offset), 'a block up to the head')
    return headerJson(header, hash)
  })
}

/** A page of the chain of validator sets; without `to` as far as the running epoch. */
function setProof({ node, limits }: RpcContext, from: number, to: number | null) {
  const { epoch } = node.status()
  const wanted = to ?? epoch
  if (wanted > epoch) throw new RpcError(RESOURCE_NOT_FOUND, `epoch ${wanted} has not begun: this is epoch ${epoch}`)
  if (from > wanted) throw invalidParams(`epoch ${wanted} is before ${from}`)
  return validatorSetProof(node, from, Math.min(wanted, from + limits.epochLinksMax))
}

function subscribe(context: RpcContext, kind: string) {
  const session = sessionOf(context, 'bft_subscribe')
  if (kind === 'finality' || kind === 'views') return session.subscribe({ kind })
  throw new RpcError(METHOD_NOT_FOUND, `no "${quote(kind)}" subscription in bft namespace`)
}

export const BFT_METHODS: readonly RpcMethod[] = [
  defineMethod('bft_status', [], ({ node }) => node.status()),
  defineMethod('bft_getValidators', [], ({ node }) =>
    node.validators().map((validator) => ({ ...validator, consensusKey: data(validator.consensusKey) })),
  ),
  defineMethod(
    'bft_getFinalityProof',
    [requiredBlockParameter],
    ({ node }, id) => finalityProof(node, existingBlock(node, id)),
    'expensive',
  ),
  defineMethod(
    'bft_getValidatorSetProof',
    [required('from', asLenientQuantity), optional('to', asLenientQuantity, null)],
    setProof,
    'expensive',
  ),
  defineMethod('bft_getHeads', [required('fromBlock', asLenientQuantity)], headsFrom, 'expensive'),
  defineMethod('bft_getSignerStats', [required('range', asRange)], statsOf, 'expensive'),
  defineMethod('bft_subscribe', [required('kind', asText)], subscribe),
  defineMethod('bft_unsubscribe', [required('subscription', asText)], (context, id) =>
    sessionOf(context, 'bft_unsubscribe').unsubscribe(id),
  ),
]
