/** From what lies on disk to the core and the judges of the epoch that it is in (docs/consensus.md, "The end of an epoch"). */
import { Core } from '../consensus/core.ts'
import { rootQc } from '../types/certificate.ts'
import { decodeSafetyRecord, type SafetyRecord } from '../types/safety-record.ts'
import { createEpochValidators, type EpochValidators } from '../validation/epoch-validators.ts'
import { ownStatement } from '../validation/own-statement.ts'
import { type EpochContext, leaderOf, ownKeyIn } from './epoch-context.ts'
import type { ReplicaPorts } from './ports.ts'
import type { ReplicaConfig } from './replica-config.ts'
import { recordOfEpoch, whatIsForgotten } from './safety-record-of-epoch.ts'

export interface OpenedEpoch {
  readonly validators: EpochValidators
  readonly core: Core
}

export function openEpoch(config: ReplicaConfig, ports: ReplicaPorts, context: EpochContext): OpenedEpoch {
  const { genesisHash, genesis, recovered } = config
  const { tip } = ports.store
  const { epoch } = context.validators
  const { rootHash, schedule, self } = context
  const bounds = genesis.consensus
  const validators = createEpochValidators(
    { genesisHash, validators: context.validators, rootHash, leaderOf: leaderOf(context), bounds },
    ports.verifier,
  )
  const isOfEpoch = tip.hash !== rootHash
  const certificate = isOfEpoch ? (ports.store.finality(tip.header.height)?.certificate ?? null) : null
  const record = recordAtOpening(config, ports, context)
  const core = new Core(
    { validators: context.validators, self: self?.index ?? null, schedule, parameters: genesis.consensus },
    {
      record: record === null ? null : ownStatement(record),
      root: ownStatement(rootQc(epoch, rootHash)),
      committed: {
        hash: tip.hash,
        height: tip.header.height,
        view: isOfEpoch ? tip.header.consensus.view : 0,
      },
      commitCertificate: certificate === null ? null : ownStatement(certificate),
      blocks: recovered.pending().flatMap((block) => {
        const judged = validators.proposals.anchoredBlock(block)
        return judged.ok ? [judged.value] : []
      }),
    },
  )
  return { validators, core }
}

/** Null, and a warning, when something was signed that the record does not know of: then this epoch is only watched. */
function recordAtOpening(config: ReplicaConfig, ports: ReplicaPorts, context: EpochContext): SafetyRecord | null {
  const { store, logger } = ports
  const key = ownKeyIn(context, ports.keys())
  if (key === null) return null
  const held = decodeSafetyRecord(key.signingRecord.payload)
  const forgotten = whatIsForgotten(held, store, config.recovered, context)
  const record = forgotten === null ? recordOfEpoch(held, context) : null
  const { epoch } = context.validators
  if (record === null)
    logger.warn('nothing is signed in this epoch', {
      epoch,
      because: forgotten ?? `the record is of epoch ${held.epoch}`,
    })
  return record
}
