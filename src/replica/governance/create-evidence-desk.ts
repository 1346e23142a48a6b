/** The desk of a replica: what it judges by, and what becomes of what it finds true. */
import type { SignatureVerifier } from '../../crypto/signature-verifier.ts'
import type { JudgedEpoch } from '../../ledger/evidence/bad-header.ts'
import type { EvidenceKind } from '../../types/evidence.ts'
import type { Epoch } from '../../types/ids.ts'
import { haltReport } from '../halt-report.ts'
import type { ReplicaObserver } from '../observer.ts'
import type { Clock, ReplicaNetwork } from '../ports.ts'
import type { ReplicaConfig } from '../replica-config.ts'
import { EvidenceDesk, type HeldEvidence } from './evidence-desk.ts'

/** What no replica does that merely stops: whoever sees it has left the crash model (docs/consensus.md, "Numbers"). */
const EQUIVOCATIONS: readonly EvidenceKind[] = ['doubleProposal', 'doubleVote', 'doubleCommitVote']

export interface DeskSurroundings {
  readonly network: Pick<ReplicaNetwork, 'publish'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly verifier: SignatureVerifier
  readonly observer: ReplicaObserver
  /** Undefined for an epoch that cannot be judged here. */
  readonly judgedEpoch: (epoch: Epoch) => JudgedEpoch | undefined
  /** Nothing is signed or sent any more once it returns. */
  readonly halt: (reason: string, report: string) => void
}

export function createEvidenceDesk(
  config: Pick<ReplicaConfig, 'genesis' | 'genesisHash'>,
  ports: DeskSurroundings,
): EvidenceDesk {
  const { genesis, genesisHash } = config
  return new EvidenceDesk({
    genesisHash,
    verifier: ports.verifier,
    judgedEpoch: ports.judgedEpoch,
    isSettled: () => false,
    nowMs: () => ports.clock.monotonicMs(),
    publish: (bytes) => ports.network.publish('evidence', bytes),
    onEvidence: (held) => {
      ports.observer.onEvidence?.(held)
      if (genesis.faultModel === 'crash' && EQUIVOCATIONS.includes(held.kind)) halt(held, ports)
    },
  })
}

function halt({ kind, culprit, view, evidence }: HeldEvidence, ports: DeskSurroundings): void {
  const reason = `validator ${culprit} lies (${kind}, view ${view}), which the crash fault model rules out`
  ports.halt(reason, haltReport(reason, { evidence }))
}
