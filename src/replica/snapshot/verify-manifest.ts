/** From genesis to a certified state root (docs/operations.md, "Snapshots"): each validator set vouches for the next, the last for the block. */
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { hashHeader, hashValidators } from '../../crypto/digests.ts'
import type { SignatureVerifier } from '../../crypto/signature-verifier.ts'
import { FIRST_EPOCH, type GenesisBlock } from '../../ledger/genesis/genesis-block.ts'
import type { SnapshotManifest } from '../../sync/snapshot/snapshot-records.ts'
import type { Block } from '../../types/block.ts'
import type { Genesis } from '../../types/genesis.ts'
import type { Hash } from '../../types/ids.ts'
import { type Validator, ValidatorSet } from '../../types/validator-set.ts'
import type { Verified } from '../../types/verified.ts'
import { createEpochValidators, type EpochValidators } from '../../validation/epoch-validators.ts'

export interface TrustedNetwork {
  readonly genesis: Genesis
  readonly block: GenesisBlock
  readonly verifier: SignatureVerifier
}

export interface VerifiedManifest {
  readonly block: Verified<Block>
  /** Of every epoch up to the block's, and of the next if the block ends one. */
  readonly sets: readonly (readonly Validator[])[]
}

export function verifyManifest(
  manifest: SnapshotManifest,
  network: TrustedNetwork,
): Result<VerifiedManifest, Rejection> {
  const { genesis, block: first } = network
  const genesisHash = first.block.hash
  if (manifest.genesisHash !== genesisHash)
    return refused(`it is of the network ${manifest.genesisHash}, not of ${genesisHash}`)
  const sets: (readonly Validator[])[] = [first.validators]
  let set = new ValidatorSet(FIRST_EPOCH, first.validators, genesis.faultModel)
  let rootHash = genesisHash
  let leastHeight = 1
  for (const { end, validators } of manifest.links) {
    const judged = judges(network, set, rootHash, manifest.block).finality.epochEnd(end)
    if (!judged.ok) return refused(`the end of epoch ${set.epoch}: ${judged.error.message}`)
    const { header } = end
    if (header.height < leastHeight) return refused(`the end of epoch ${set.epoch}: it ends before it begins`)
    if (hashValidators(validators) !== header.consensus.nextValidatorsHash)
      return refused(`the end of epoch ${set.epoch}: it names other validators for the next`)
    sets.push(validators)
    set = new ValidatorSet(set.epoch + 1, validators, genesis.faultModel)
    rootHash = hashHeader(header)
    leastHeight = header.height + 1
  }
  const block = judgeBlock(manifest, judges(network, set, rootHash, manifest.block), leastHeight)
  if (!block.ok) return block
  if (manifest.nextValidators !== null) sets.push(manifest.nextValidators)
  return ok({ block: block.value, sets })
}

function judgeBlock(
  { block, finality, nextValidators }: SnapshotManifest,
  { finality: finalities, proposals }: EpochValidators,
  leastHeight: number,
): Result<Verified<Block>, Rejection> {
  const { header, hash } = block
  const final = finalities.finality(hash, header, finality)
  if (!final.ok) return refused(`block ${header.height}: ${final.error.message}`)
  if (header.height < leastHeight || header.consensus.suffix) return refused('its block is none that ends in a state')
  const judged = proposals.anchoredBlock(block)
  if (!judged.ok) return judged
  const isNamed = nextValidators === null || hashValidators(nextValidators) === header.consensus.nextValidatorsHash
  if ((nextValidators !== null) !== header.consensus.end || !isNamed)
    return refused(`block ${header.height}: it names other validators for the next epoch`)
  return judged
}

/** Who leads is in the state, which comes later; the certificate vouches for the miner that the header names. */
function judges(
  { genesis, block: first, verifier }: TrustedNetwork,
  validators: ValidatorSet,
  rootHash: Hash,
  block: Block,
): EpochValidators {
  const leaderOf = (): number => validators.indexOf(block.header.miner) ?? -1
  const rules = { genesisHash: first.block.hash, validators, rootHash, leaderOf, bounds: genesis.consensus }
  return createEpochValidators(rules, verifier)
}

function refused(message: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection('badSnapshot', message))
}
