/** Looks at everything that every node was told in a run, and names who is proven guilty by it. */
import { EvidenceDetector } from '../../src/consensus/evidence-detector.ts'
import { judgeEvidence } from '../../src/ledger/evidence/judge-evidence.ts'
import type { Checker } from '../../src/simulation/checker.ts'
import type { SimulatedCrypto } from '../../src/simulation/host/simulated-crypto.ts'
import type { SimulatedGenesis } from '../../src/simulation/simulated-genesis.ts'

export class Forensics implements Checker {
  /** Indices of validators. */
  readonly guilty = new Set<number>()
  readonly #genesis: SimulatedGenesis
  readonly #crypto: SimulatedCrypto
  readonly #schedule: readonly number[]
  readonly #detector: EvidenceDetector

  constructor(genesis: SimulatedGenesis, crypto: SimulatedCrypto, schedule: readonly number[]) {
    this.#genesis = genesis
    this.#crypto = crypto
    this.#schedule = schedule
    this.#detector = new EvidenceDetector((view) => schedule[view % schedule.length] ?? 0)
  }

  onStep(node: Parameters<NonNullable<Checker['onStep']>>[0], event: Parameters<NonNullable<Checker['onStep']>>[1]) {
    const { validators, block } = this.#genesis
    const judged = { validators: validators.members, schedule: this.#schedule }
    for (const evidence of this.#detector.observe(event, node.replica?.core.view ?? 1)) {
      const context = { genesisHash: block.block.hash, verifier: this.#crypto.verifier, epoch: () => judged }
      const judgement = judgeEvidence(evidence, context)
      if (judgement.ok) this.guilty.add(validators.indexOf(judgement.value.culprit) ?? -1)
    }
  }
}
