/**
 * What a key may rely on having signed in one epoch (docs/consensus.md, "The end of an epoch"). A record
 * of an earlier epoch says that nothing was signed in this one; a record of a later one, that this
 * key must be silent here.
 */
import { isPlanted } from '../base/planted-bug.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import type { CommitCertificate, QuorumCertificate } from '../types/certificate.ts'
import { rootQc } from '../types/certificate.ts'
import { freshSafetyRecord, type SafetyRecord } from '../types/safety-record.ts'
import { signersOf } from '../types/signer-bitmap.ts'
import type { EpochContext } from './epoch-context.ts'
import type { RecoveredChain } from './recovered-chain.ts'

/** Null: nothing may be signed in this epoch. */
export function recordOfEpoch(held: SafetyRecord, { validators, rootHash }: EpochContext): SafetyRecord | null {
  const { epoch } = validators
  if (held.epoch > epoch && !(__CANARIES__ && isPlanted('later-record-ignored'))) return null
  if (held.epoch === epoch || (__CANARIES__ && isPlanted('record-of-old-epoch-kept'))) return held
  return freshSafetyRecord(epoch, rootQc(epoch, rootHash))
}

/** Our own signatures of this epoch in the journal that the record does not know of; null when it knows them all. */
export function whatIsForgotten(
  held: SafetyRecord,
  store: ChainStore,
  recovered: RecoveredChain,
  context: EpochContext,
): string | null {
  const { validators, self } = context
  const record = recordOfEpoch(held, context)
  if (self === null || record === null) return null
  const { epoch } = validators
  const tipBlock = store.block(store.tip.header.height)
  const blocks = [...recovered.blocks, ...(tipBlock === undefined ? [] : [tipBlock])]
  const tipProof = store.finality(store.tip.header.height)
  const certificates = [...recovered.certificates, ...(tipProof === null ? [] : [tipProof.certificate])]
  // A block of ours that nobody has answered to may have been stored just before the record that was to allow it.
  const answers = [...blocks.map((block) => block.justify), ...certificates]
  const answered = new Set([store.tip.hash, ...answers.map(({ blockHash }) => blockHash)])
  for (const { hash, header, justify } of blocks) {
    const { view } = header.consensus
    if (header.consensus.epoch !== epoch) continue
    const isProof = answered.has(hash) || (__CANARIES__ && isPlanted('own-block-taken-for-proof'))
    if (header.miner === self.address && view > record.lastProposedView && isProof) return `a proposal in view ${view}`
    if (signed(justify, self.index) && justify.view > record.lastVotedView) return `a vote in view ${justify.view}`
  }
  for (const certificate of certificates)
    if (certificate.epoch === epoch && signed(certificate, self.index) && certificate.view > lastCommitView(record))
      return `a commit vote in view ${certificate.view}`
  return null
}

function signed(certificate: QuorumCertificate | CommitCertificate, self: number): boolean {
  return signersOf(certificate.bitmap).includes(self)
}

function lastCommitView(record: SafetyRecord): number {
  return record.lastCommitVote?.view ?? 0
}
