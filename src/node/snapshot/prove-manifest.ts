/** What leads from genesis to the state of a snapshot, proven in full before anything of the state is asked for. */
import type { Rejection } from '../../base/rejection.ts'
import { ok, type Result } from '../../base/result.ts'
import type { Recoverer } from '../../crypto/secp256k1.ts'
import { type TrustedNetwork, type VerifiedManifest, verifyManifest } from '../../replica/snapshot/verify-manifest.ts'
import { verifyReceipts } from '../../replica/snapshot/verify-receipts.ts'
import type { SnapshotManifest } from '../../sync/snapshot/snapshot-records.ts'
import type { FinalBlock } from '../../types/final-block.ts'

/** What has been proven of a snapshot before its state. */
export interface ProvenManifest {
  readonly manifest: SnapshotManifest
  readonly verified: VerifiedManifest
  readonly final: FinalBlock
}

export interface BeginningNetwork extends TrustedNetwork {
  readonly recoverer: Recoverer
}

/** From genesis to the certified root of the state, and what a store keeps of its block. */
export function proveManifest(
  manifest: SnapshotManifest,
  network: BeginningNetwork,
): Result<ProvenManifest, Rejection> {
  const verified = verifyManifest(manifest, network)
  if (!verified.ok) return verified
  const { block } = verified.value
  const executed = verifyReceipts(block, manifest.receipts, network.genesis, network.recoverer)
  if (!executed.ok) return executed
  return ok({
    manifest,
    verified: verified.value,
    final: { block, ...executed.value, finality: manifest.finality },
  })
}
