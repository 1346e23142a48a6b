import type { EvidenceView } from '../../node/node-api.ts'
import { data } from './encoding.ts'

/** Not on the chain yet. */
export function heldEvidenceJson({ id, kind, culprit, epoch, view, evidence }: EvidenceView) {
  return { id, kind, culprit, epoch, view, evidence: data(evidence), accepted: null }
}
