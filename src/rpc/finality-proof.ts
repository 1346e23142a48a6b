/**
 * What shows that a block is final: its header, the headers of its descendants up to one that a
 * quorum certified to commit, and that certificate. Behind the last block of an epoch these are
 * SUFFIX headers (docs/consensus.md, "The end of an epoch"). Genesis needs none: its hash is what is trusted.
 */
import { defined } from '../base/invariant.ts'
import type { FinalBlock, NodeApi } from '../node/node-api.ts'
import type { FinalityProof } from '../types/finality.ts'
import { encodeHeader, type Header } from '../types/header.ts'
import { RESOURCE_NOT_FOUND, RpcError } from './errors.ts'
import { commitCertificateJson } from './serializers/certificate.ts'
import { data } from './serializers/encoding.ts'
import type { WorkQueue } from './work-queue.ts'

/** BOUND: far more blocks than one certificate makes final. */
const HEADERS_MAX = 1_024

export async function finalityProof(node: NodeApi, work: WorkQueue, block: FinalBlock) {
  const { hash, header } = block
  const { height } = header
  if (height === 0) return { height, hash, headers: [data(encodeHeader(header))], certificate: null }
  const headers: Header[] = []
  let sliceStartMs = performance.now()
  for (let at: FinalBlock | undefined = block; at !== undefined; at = node.blockByHeight(at.header.height + 1)) {
    headers.push(at.header)
    if (at.finality !== null) return { height, hash, ...certified(headers, at.finality) }
    if (headers.length > HEADERS_MAX) break
    sliceStartMs = await work.breathe(sliceStartMs)
  }
  throw new RpcError(RESOURCE_NOT_FOUND, `no certificate follows block ${height} closely enough`)
}

/** `headers` end with the one that the proof is for. */
function certified(headers: readonly Header[], { certificate, suffix }: FinalityProof) {
  return {
    headers: [...headers, ...suffix].map((header) => data(encodeHeader(header))),
    certificate: commitCertificateJson(certificate),
  }
}

/**
 * What leads who knows the validators of epoch `from` to those of epoch `to`: for each epoch between,
 * the proof of its last block, and the validators that block names for the next. Epoch 0 is genesis alone.
 */
export async function validatorSetProof(node: NodeApi, work: WorkQueue, from: number, to: number) {
  const links = await work.collect(from, to, (epoch) => (epoch === 0 ? genesisLink(node) : epochLink(node, epoch)))
  return { fromEpoch: from, toEpoch: to, links }
}

function genesisLink(node: NodeApi) {
  const { header } = defined(node.headerByHeight(0), 'genesis')
  const headers = [data(encodeHeader(header))]
  return { epoch: 0, headers, certificate: null, validators: validatorsJson(node, header) }
}

function epochLink(node: NodeApi, epoch: number) {
  const end = node.epochEnd(epoch)
  if (end === undefined) throw new RpcError(RESOURCE_NOT_FOUND, `this node does not hold the end of epoch ${epoch}`)
  const { validatorsHash, nextValidatorsHash } = end.header.consensus
  const validators = validatorsHash === nextValidatorsHash ? null : validatorsJson(node, end.header)
  return { epoch, ...certified([end.header], end.finality), validators }
}

function validatorsJson(node: NodeApi, { consensus }: Header) {
  const members = defined(node.validatorSet(consensus.nextValidatorsHash), 'the validators that a final header names')
  return members.map(({ address, consensusKey, leads }) => ({ address, consensusKey: data(consensusKey), leads }))
}
