/** The desk of a replica: what it judges by, and what becomes of what it finds true. */
import type { SignatureVerifier } from '../../crypto/signature-verifier.ts'
import type { EvidenceKind } from '../../types/evidence.ts'
import { haltReport } from '../halt-report.ts'
import type { ReplicaObserver } from '../observer.ts'
import type { Clock, ReplicaNetwork } from '../ports.ts'
import type { ReplicaConfig } from '../replica-config.ts'
import { EvidenceDesk, type HeldEvidence } from './evidence-desk.ts'
import type { JudgedEpochs } from './judged-epochs.ts'

/** What no replica does that merely stops: whoever sees it has left the crash model (docs/consensus.md, "Numbers"). */
const EQUIVOCATIONS: readonly EvidenceKind[] = ['doubleProposal', 'doubleVote', 'doubleCommitVote']

export interface DeskSurroundings {
  readonly network: Pick<ReplicaNetwork, 'publish'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly verifier: SignatureVerifier
  readonly observer: ReplicaObserver
  readonly judgedEpochs: Pick<JudgedEpochs, 'get' | 'isSettled'>
  /** Held now, and not before. */
  readonly onHeld: () => void
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
    judgedEpoch: (epoch) => ports.judgedEpochs.get(epoch),
    isSettled: (culprit, epoch) => ports.judgedEpochs.isSettled(culprit, epoch),
    nowMs: () => ports.clock.monotonicMs(),
    publish: (bytes) => ports.network.publish('evidence', bytes),
    onEvidence: (held) => {
      ports.observer.onEvidence?.(held)
      if (genesis.faultModel === 'crash' && EQUIVOCATIONS.includes(held.kind)) halt(held, ports)
      else ports.onHeld()
    },
  })
}

function halt({ kind, culprit, view, evidence }: HeldEvidence, ports: DeskSurroundings): void {
  const reason = `validator ${culprit} lies (${kind}, view ${view}), which the crash fault model rules out`
  ports.halt(reason, haltReport(reason, { evidence }))
}
