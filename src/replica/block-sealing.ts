/** Between a block's header and its execution: what the one says and the other must give (docs/ledger.md, "The header"). */
import { bytesEqual } from '../base/bytes.ts'
import { defined } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { BuildRequest } from '../consensus/effects.ts'
import { hashValidators, qcDigest, tcDigest } from '../crypto/digests.ts'
import type { BlockEnvironment, Justification } from '../ledger/block-environment.ts'
import type { ExecutedBlock } from '../ledger/block-execution.ts'
import { parametersIn, validatorRecordIn } from '../ledger/system/state-records.ts'
import type { QuorumCertificate } from '../types/certificate.ts'
import type { Header } from '../types/header.ts'
import type { Address, View } from '../types/ids.ts'
import { signersOf } from '../types/signer-bitmap.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import type { BlockResult } from './block-result.ts'

/** Whose blocks are executed, and who leads which view. */
export interface ExecutorEpoch {
  readonly validators: ValidatorSet
  readonly leaderOf: (view: View) => number
}

/** BOUND: views between two blocks whose leaders are counted as missed, latest first. */
const MISSED_VIEWS_MAX = 256

export function environmentOn(
  parent: BlockResult,
  proposer: Address,
  timeMs: number,
  { validators }: ExecutorEpoch,
): BlockEnvironment {
  const { state } = parent.executed
  const { baseFeePerGas, gasLimit } = parametersIn(state)
  return {
    height: parent.header.height + 1,
    timeMs,
    proposer,
    feeRecipient: validatorRecordIn(state, proposer)?.feeRecipient ?? proposer,
    parentHash: parent.hash,
    parentStateRoot: parent.executed.stateRoot,
    epoch: validators.epoch,
    gasLimit,
    baseFeePerGas,
  }
}

export function justification(view: View, justify: QuorumCertificate, epoch: ExecutorEpoch): Justification {
  const { validators, leaderOf } = epoch
  const addressOf = (index: number): Address => defined(validators.at(index), 'a member of the set').address
  const missedLeaders: Address[] = []
  for (let missed = Math.max(justify.view + 1, view - MISSED_VIEWS_MAX); missed < view; missed++)
    missedLeaders.push(addressOf(leaderOf(missed)))
  return { view, justifyView: justify.view, missedLeaders, voters: signersOf(justify.bitmap).map(addressOf) }
}

/** What the header says otherwise than our own execution; null when they agree. */
export function difference(
  header: Header,
  parent: BlockResult,
  environment: BlockEnvironment,
  executed: ExecutedBlock,
): string | null {
  const { consensus } = header
  if (header.height !== environment.height)
    return `height ${header.height} on a parent of height ${parent.header.height}`
  if (consensus.timeMs <= parent.header.consensus.timeMs) return 'its time is not after its parent'
  if (header.gasLimit !== environment.gasLimit) return 'another gas limit than the parent state says'
  if (header.baseFeePerGas !== environment.baseFeePerGas) return 'another base fee than the parent state says'
  if (header.gasUsed !== executed.gasUsed) return `gas used: header ${header.gasUsed}, ours ${executed.gasUsed}`
  if (header.receiptsRoot !== executed.receiptsRoot)
    return `receipts root: header ${header.receiptsRoot}, ours ${executed.receiptsRoot}`
  const isRootChecked = !(__CANARIES__ && isPlanted('state-root-unchecked'))
  if (header.stateRoot !== executed.stateRoot && isRootChecked)
    return `state root: header ${header.stateRoot}, ours ${executed.stateRoot}`
  if (!bytesEqual(header.logsBloom, executed.logsBloom)) return 'another logs bloom than ours'
  if (consensus.end !== executed.end) return 'ends the epoch at another block than we do'
  if (consensus.nextValidatorsHash !== hashValidators(executed.nextValidators)) return 'other next validators than ours'
  return null
}

export function seal(
  request: BuildRequest,
  parent: BlockResult,
  environment: BlockEnvironment,
  executed: ExecutedBlock,
  { validators }: ExecutorEpoch,
): Header {
  return {
    parentHash: parent.hash,
    miner: environment.proposer,
    stateRoot: executed.stateRoot,
    transactionsRoot: executed.transactionsRoot,
    receiptsRoot: executed.receiptsRoot,
    logsBloom: executed.logsBloom,
    height: environment.height,
    gasLimit: environment.gasLimit,
    gasUsed: executed.gasUsed,
    baseFeePerGas: environment.baseFeePerGas,
    consensus: {
      epoch: validators.epoch,
      view: request.view,
      justifyView: request.justify.view,
      justifyDigest: qcDigest(request.justify),
      tcDigest: request.tc === null ? null : tcDigest(request.tc),
      validatorsHash: hashValidators(validators.members),
      nextValidatorsHash: hashValidators(executed.nextValidators),
      end: executed.end,
      suffix: false,
      timeMs: environment.timeMs,
    },
  }
}
