/** What the ledger has accepted as evidence, judged here once more before this replica votes on it. */
import { BoundedMap } from '../../base/bounded.ts'
import { type JudgeContext, judgeEvidence } from '../../ledger/evidence/judge-evidence.ts'
import { evidenceSubmittedBy } from '../../ledger/modules/validators/encode-call.ts'
import type { WordReader } from '../../ledger/storage-words.ts'
import { readOffence } from '../../ledger/system/offences.ts'
import { SYSTEM_ADDRESS } from '../../ledger/system/system-account.ts'
import { decodeEvidence } from '../../types/evidence.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import type { Address, Hash, Height } from '../../types/ids.ts'

/** BOUND: verdicts remembered; a judgement takes four signature checks. */
const VERDICTS_MAX = 64

export interface AcceptedEvidencePorts extends JudgeContext {
  /** Undefined for one that is not kept here. */
  readonly finalBlock: (height: Height) => FinalBlock | undefined
}

export class AcceptedEvidence {
  readonly #ports: AcceptedEvidencePorts
  readonly #verdicts = new BoundedMap<Hash, boolean>(VERDICTS_MAX)

  constructor(ports: AcceptedEvidencePorts) {
    this.#ports = ports
  }

  /** Whether a transaction of the block that the state names proves this of the culprit. */
  isProven(words: WordReader, id: Hash, culprit: Address): boolean {
    const offence = readOffence(words, id)
    if (offence?.culprit !== culprit) return false
    const known = this.#verdicts.get(id)
    if (known !== undefined) return known
    const transactions = this.#ports.finalBlock(offence.height)?.transactions ?? []
    const verdict = transactions.some(({ to, data }) => to === SYSTEM_ADDRESS && this.#isProofOf(data, id, culprit))
    this.#verdicts.set(id, verdict)
    return verdict
  }

  #isProofOf(data: Uint8Array, id: Hash, culprit: Address): boolean {
    const bytes = evidenceSubmittedBy(data)
    const evidence = bytes && decodeEvidence(bytes)
    if (evidence?.ok !== true) return false
    const judged = judgeEvidence(evidence.value, this.#ports)
    return judged.ok && judged.value.id === id && judged.value.culprit === culprit
  }
}
