/** Proof of what validators did: what this node holds for the chain, and what the chain has accepted. */
import { defined } from '../base/invariant.ts'
import { evidenceSubmittedBy } from '../ledger/modules/validators/encode-call.ts'
import { validators } from '../ledger/modules/validators/validators.ts'
import { SYSTEM_ADDRESS } from '../ledger/system/system-account.ts'
import type { FinalBlock, NodeApi, TransactionLocation } from '../node/node-api.ts'
import type { Hash } from '../types/ids.ts'
import { oldestHeight } from './block-id.ts'
import type { RpcContext } from './method.ts'
import { data } from './serializers/encoding.ts'
import { heldEvidenceJson } from './serializers/evidence.ts'
import { type AcceptedOffence, acceptedOffence } from './validators-module.ts'

const ACCEPTED = defined(validators.events.get('EvidenceAccepted'), 'the event of accepted evidence').topic

export type ListedEvidence =
  | ReturnType<typeof heldEvidenceJson>
  | ReturnType<typeof acceptedJson>
  | ReturnType<typeof prunedJson>

/** What is held comes first, then what was accepted, the newest first, as far as the limits go. */
export async function listEvidence({ node, limits, work }: RpcContext): Promise<readonly ListedEvidence[]> {
  const listed: ListedEvidence[] = node.heldEvidence().slice(0, limits.evidenceMax).map(heldEvidenceJson)
  const heights = { start: 0, end: node.head().header.height + 1 }
  let scanned = 0
  let sliceStartMs = performance.now()
  for await (const location of node.addressHistory(SYSTEM_ADDRESS, heights, true)) {
    if (listed.length >= limits.evidenceMax || scanned >= limits.historyScanMax) break
    for (const id of acceptedAt(node, location)) {
      const offence = acceptedOffence(node, id)
      if (offence !== null) listed.push(acceptedJson(node, offence, location))
    }
    scanned += 1
    sliceStartMs = await work.breathe(sliceStartMs)
  }
  return listed
}

/** Null when neither this node nor the chain has it. */
export function findEvidence(node: NodeApi, id: Hash): ListedEvidence | null {
  const offence = acceptedOffence(node, id)
  if (offence === null) {
    const held = node.heldEvidence().find((each) => each.id === id)
    return held === undefined ? null : heldEvidenceJson(held)
  }
  if (offence.height < oldestHeight(node)) return prunedJson(offence)
  const { receipts } = blockAt(node, offence.height)
  const index = receipts.findIndex((_, at) => acceptedAt(node, { height: offence.height, index: at }).includes(id))
  return acceptedJson(node, offence, { height: offence.height, index })
}

function acceptedJson(node: NodeApi, offence: AcceptedOffence, { height, index }: TransactionLocation) {
  const { id, kind, culprit, epoch, view, submitter } = offence
  const transaction = defined(blockAt(node, height).transactions[index], 'the transaction of a log')
  const evidence = evidenceSubmittedBy(transaction.data)
  const accepted = { height, transactionHash: transaction.hash, submitter }
  return { id, kind, culprit, epoch, view, evidence: evidence === undefined ? null : data(evidence), accepted }
}

/** Of a block before the snapshot that the node began with: the state knows of it, its transaction is not here. */
function prunedJson({ id, kind, culprit, epoch, view, height, submitter }: AcceptedOffence) {
  return { id, kind, culprit, epoch, view, evidence: null, accepted: { height, transactionHash: null, submitter } }
}

/** Ids of what one transaction brought to the chain. */
function acceptedAt(node: NodeApi, { height, index }: TransactionLocation): readonly Hash[] {
  const { logs } = defined(blockAt(node, height).receipts[index], 'the receipt of a final transaction')
  const ours = logs.filter(({ address, topics }) => address === SYSTEM_ADDRESS && topics[0] === ACCEPTED)
  return ours.map(({ topics }) => defined(topics[1], 'the id in a log of evidence'))
}

function blockAt(node: NodeApi, height: number): FinalBlock {
  return defined(node.blockByHeight(height), 'a block up to the head')
}
