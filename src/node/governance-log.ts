/** A line for each step that validators take against or for each other, as the final blocks have it (docs/operations.md). */
import type { Logger } from '../base/logger.ts'
import { readValidatorsEvent, type ValidatorsEvent } from '../ledger/modules/validators/read-event.ts'
import type { WordReader } from '../ledger/storage-words.ts'
import { readVotes } from '../ledger/system/proposal-votes.ts'
import { readProposal } from '../ledger/system/proposals.ts'
import { readValidatorRecord, readValidators } from '../ledger/system/validator-records.ts'
import { type FaultModel, quorum } from '../types/fault-model.ts'
import type { FinalBlock } from '../types/final-block.ts'
import type { Address } from '../types/ids.ts'

export class GovernanceLog {
  readonly #logger: Logger
  readonly #model: FaultModel
  /** Of the block that is told of. */
  readonly #words: () => WordReader

  constructor(logger: Logger, model: FaultModel, words: () => WordReader) {
    this.#logger = logger
    this.#model = model
    this.#words = words
  }

  onFinalBlock({ block, receipts }: FinalBlock): void {
    for (const { logs } of receipts)
      for (const log of logs) {
        const event = readValidatorsEvent(log)
        if (event !== undefined) this.#tell(event, `#${block.header.height}`)
      }
  }

  #tell(event: ValidatorsEvent, block: string): void {
    const logger = this.#logger
    switch (event.name) {
      case 'EvidenceAccepted': {
        const [, culprit, kind, epoch, view] = event.args
        const offence = { of: this.#nameOf(culprit), kind: `E${kind}`, epoch: Number(epoch), view: Number(view) }
        return logger.warn('EVIDENCE on chain', { block, ...offence })
      }
      case 'Jailed':
        return logger.warn(`${this.#nameOf(event.args[0])} jailed`, { block })
      case 'Proposed':
        return logger.info(`proposal ${event.args[0]}`, { block, ...this.#proposalFields(Number(event.args[0])) })
      case 'Voted': {
        const [id, voter, approve] = event.args
        const subject = this.#proposalFields(Number(id))
        return logger.info(`${this.#nameOf(voter)} votes ${approve ? 'for' : 'against'} proposal ${id}`, {
          block,
          ...subject,
        })
      }
      case 'Passed':
        return logger.info(`proposal ${event.args[0]} passed`, {
          block,
          ...this.#proposalFields(Number(event.args[0])),
        })
      case 'ValidatorRemoved':
        return logger.info(`${this.#nameOf(event.args[0])} out`, { block })
      case 'ValidatorAdded':
        return logger.info(`${this.#nameOf(event.args[0])} in`, { block })
      case 'CandidateReady':
        return logger.debug(`${this.#nameOf(event.args[0])} ready`, { block, height: Number(event.args[1]) })
      case 'KeyRotated':
        return logger.info(`${this.#nameOf(event.args[0])} changes its key`, { block })
    }
  }

  /** Whom it is about, and who is for it. */
  #proposalFields(id: number): Readonly<Record<string, string>> {
    const words = this.#words()
    const proposal = readProposal(words, id)
    if (proposal === undefined) return {}
    const { kind, subject, text } = proposal
    const needed = quorum(readValidators(words).length, this.#model)
    const approvals = readVotes(words, id)
      .filter(({ approve }) => approve)
      .map(({ voter }) => this.#nameOf(voter))
    return {
      kind,
      ...(kind === 'parameter' ? {} : { about: kind === 'add' ? text : this.#nameOf(subject) }),
      ...(kind === 'remove' && text !== '' ? { because: text } : {}),
      approvals: `${approvals.join(',')} (${approvals.length}, ${needed} needed)`,
    }
  }

  #nameOf(id: Address | `0x${string}`): string {
    const record = readValidatorRecord(this.#words(), id as Address)
    return record?.name ?? id
  }
}
