/** The agreement, as no Ethereum client asks for it. Numbers here are JSON numbers: people read them. */
import { bytesEqual } from '../../base/bytes.ts'
import { defined } from '../../base/invariant.ts'
import { encodeValidatorsCall } from '../../ledger/modules/validators/encode-call.ts'
import type { Height } from '../../types/ids.ts'
import {
  asLenientBlockNumber,
  blockParameter,
  existingBlock,
  headerAt,
  heightOf,
  requiredBlockParameter,
} from '../block-id.ts'
import { fieldsOf } from '../call-object.ts'
import {
  executionReverted,
  invalidParams,
  METHOD_NOT_FOUND,
  quote,
  RESOURCE_NOT_FOUND,
  RpcError,
  SERVER_ERROR,
} from '../errors.ts'
import { findEvidence, listEvidence } from '../evidence-list.ts'
import { finalityProof, validatorSetProof } from '../finality-proof.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asBytes, asHash, asLenientQuantity, asText, optional, required } from '../params.ts'
import { headerJson } from '../serializers/block.ts'
import { data } from '../serializers/encoding.ts'
import { signerStats } from '../signer-stats.ts'
import { membersJson, proposalsJson, revertedBy } from '../validators-module.ts'
import { sessionOf } from './eth-subscribe.ts'

function asRange(value: unknown, what: string) {
  const field = fieldsOf(value, what)
  return { from: field('fromBlock', asLenientBlockNumber, null), to: field('toBlock', asLenientBlockNumber, null) }
}

/** The last blocks when no bound is given. */
function statsOf({ node, limits, work }: RpcContext, { from, to }: ReturnType<typeof asRange>) {
  const toHeight = to === null ? node.head().header.height : heightOf(node, to)
  const span = limits.signerStatsBlocksMax
  const fromHeight = from === null ? Math.max(node.historyFrom, toHeight + 1 - span) : heightOf(node, from)
  if (fromHeight > toHeight) throw invalidParams('invalid block range params')
  if (toHeight - fromHeight >= span) throw invalidParams(`block range too large, at most ${span} blocks`)
  return signerStats(node, work, fromHeight, toHeight)
}

/** What `newHeads` would have said since block `from`: a subscriber that was cut off goes on from there. */
function headsFrom({ node, limits, work }: RpcContext, from: Height) {
  const end = Math.min(node.head().header.height + 1, from + limits.headsMax)
  return work.collect(from, end, (height) => {
    const { header, hash } = headerAt(node, height)
    return headerJson(header, hash)
  })
}

/** A page of the chain of validator sets; without `to` as far as the running epoch. */
function setProof({ node, limits, work }: RpcContext, from: number, to: number | null) {
  const { epoch } = node.status()
  const wanted = to ?? epoch
  if (wanted > epoch) throw new RpcError(RESOURCE_NOT_FOUND, `epoch ${wanted} has not begun: this is epoch ${epoch}`)
  if (from > wanted) throw invalidParams(`epoch ${wanted} is before ${from}`)
  return validatorSetProof(node, work, from, Math.min(wanted, from + limits.epochLinksMax))
}

/** Tried on the head first: the module says what is wrong with it. Validators bring it to the chain. */
function submitEvidence({ node }: RpcContext, evidence: Uint8Array) {
  const { height } = node.head().header
  const refused = revertedBy(node, height, encodeValidatorsCall('submitEvidence', [data(evidence)]))
  if (refused !== null) throw executionReverted(null, data(refused))
  if (!node.submitEvidence(evidence)) throw new RpcError(SERVER_ERROR, 'this evidence is known already')
  const held = node.heldEvidence().find((each) => bytesEqual(each.evidence, evidence))
  return defined(held, 'evidence that was just taken').id
}

function subscribe(context: RpcContext, kind: string) {
  const session = sessionOf(context, 'bft_subscribe')
  if (kind === 'finality' || kind === 'views' || kind === 'evidence') return session.subscribe({ kind })
  throw new RpcError(METHOD_NOT_FOUND, `no "${quote(kind)}" subscription in bft namespace`)
}

export const BFT_METHODS: readonly RpcMethod[] = [
  defineMethod('bft_status', [], ({ node }) => node.status()),
  ...(['validators', 'candidates'] as const).map((view) =>
    defineMethod(
      view === 'validators' ? 'bft_getValidators' : 'bft_getCandidates',
      [blockParameter],
      ({ node }, block) => membersJson(node, view, heightOf(node, block)),
      'expensive',
    ),
  ),
  defineMethod(
    'bft_getProposals',
    [optional('from', asLenientQuantity, 1), optional('count', asLenientQuantity, Number.POSITIVE_INFINITY)],
    ({ node, limits }, from, count) => proposalsJson(node, from, Math.min(count, limits.proposalsMax)),
    'expensive',
  ),
  defineMethod(
    'bft_getEvidence',
    [optional('id', asHash, null)],
    async (context, id) => {
      if (id === null) return listEvidence(context)
      const found = findEvidence(context.node, id)
      return found === null ? [] : [found]
    },
    'expensive',
  ),
  defineMethod('bft_submitEvidence', [required('evidence', asBytes)], submitEvidence, 'expensive'),
  defineMethod(
    'bft_getFinalityProof',
    [requiredBlockParameter],
    ({ node, work }, id) => finalityProof(node, work, existingBlock(node, id)),
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
