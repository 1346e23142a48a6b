/** Blocks as a liar makes them: executed rightly, on a parent and with certificates of its own choice. */
import { hashHeader, hashValidators, qcDigest, tcDigest } from '../crypto/digests.ts'
import { BlockExecution } from '../ledger/block-execution.ts'
import { readParameters } from '../ledger/system/parameters.ts'
import { systemWordsIn } from '../ledger/system/state-records.ts'
import { readValidatorRecord } from '../ledger/system/validator-records.ts'
import type { Block, Proposal } from '../types/block.ts'
import type { QuorumCertificate, TimeoutCertificate } from '../types/certificate.ts'
import type { View } from '../types/ids.ts'
import { signersOf } from '../types/signer-bitmap.ts'
import type { SignedTransaction } from '../types/transaction.ts'
import { WALL_ORIGIN_MS } from './simulated-genesis.ts'
import type { Liar } from './strategy.ts'

export interface Forgery {
  readonly view: View
  readonly justify: QuorumCertificate
  readonly tc: TimeoutCertificate | null
  readonly transactions: readonly SignedTransaction[]
}

/** On the newest block whose state the liar has on disk; undefined when it is down or in another epoch. */
export function forgeProposal(liar: Liar, forgery: Forgery): Proposal | undefined {
  const { world, node } = liar
  const { view, justify, tc, transactions } = forgery
  const { validators } = liar
  const { rules } = world.genesis
  const store = node.chain?.store
  const core = node.replica?.core
  if (store === undefined || core === undefined || justify.epoch !== validators.epoch) return undefined
  const state = store.tipState
  const parent = store.tip
  const words = systemWordsIn(state)
  const { baseFeePerGas, gasLimit } = readParameters(words)
  const addressOf = (index: number) => validators.at(index)?.address ?? parent.header.miner
  const proposer = addressOf(liar.self)
  const height = parent.header.height + 1
  const timeMs = Math.max(parent.header.consensus.timeMs + 1, Math.floor(WALL_ORIGIN_MS + world.scheduler.nowMs))
  const execution = new BlockExecution(rules, state, {
    height,
    timeMs,
    proposer,
    feeRecipient: readValidatorRecord(words, proposer)?.feeRecipient ?? proposer,
    parentHash: parent.hash,
    parentStateRoot: parent.header.stateRoot,
    epoch: validators.epoch,
    gasLimit,
    baseFeePerGas,
  })
  for (const transaction of transactions) execution.apply(transaction)
  const missedLeaders = Array.from({ length: Math.max(0, view - justify.view - 1) }, (_, index) =>
    addressOf(core.leaderOf(justify.view + 1 + index)),
  )
  const voters = signersOf(justify.bitmap).map(addressOf)
  const executed = execution.finish({ view, justifyView: justify.view, missedLeaders, voters })
  const header: Block['header'] = {
    parentHash: parent.hash,
    miner: proposer,
    stateRoot: executed.stateRoot,
    transactionsRoot: executed.transactionsRoot,
    receiptsRoot: executed.receiptsRoot,
    logsBloom: executed.logsBloom,
    height,
    gasLimit,
    gasUsed: executed.gasUsed,
    baseFeePerGas,
    consensus: {
      epoch: validators.epoch,
      view,
      justifyView: justify.view,
      justifyDigest: qcDigest(justify),
      tcDigest: tc === null ? null : tcDigest(tc),
      validatorsHash: hashValidators(validators.members),
      nextValidatorsHash: hashValidators(executed.nextValidators),
      end: executed.end,
      suffix: false,
      timeMs,
    },
  }
  const hash = hashHeader(header)
  const signature = liar.sign({ kind: 'proposal', epoch: validators.epoch, view, blockHash: hash })
  const envelopes = transactions.map(({ envelope }) => envelope)
  return { block: { hash, header, justify, tc, transactions: envelopes }, signature }
}

/** What a block stands on, and when. */
export type Standing = Pick<Forgery, 'view' | 'justify' | 'tc'>

/** A block moved onto other certificates, and signed. Not executed there: its state is that of the parent that it had. */
export function resealed(liar: Liar, block: Block, { view, justify, tc }: Standing): Proposal {
  const consensus = {
    ...block.header.consensus,
    view,
    justifyView: justify.view,
    justifyDigest: qcDigest(justify),
    tcDigest: tc === null ? null : tcDigest(tc),
  }
  const header = { ...block.header, parentHash: justify.blockHash, consensus }
  const hash = hashHeader(header)
  const { epoch } = consensus
  const signature = liar.sign({ kind: 'proposal', epoch, view, blockHash: hash })
  return { block: { ...block, header, justify, tc, hash }, signature }
}
