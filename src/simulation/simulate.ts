/** Runs scenarios: the one entry for tests, the campaign runner and the shrinker. */
import type { Checker } from './checker.ts'
import { acceptedChecker } from './checkers/accepted.ts'
import { accusationChecker } from './checkers/accusations.ts'
import { agreementChecker } from './checkers/agreement.ts'
import { blameChecker } from './checkers/blame.ts'
import { CertificateChecker } from './checkers/certificates.ts'
import { coreBoundsChecker } from './checkers/core-bounds.ts'
import { evidenceChecker } from './checkers/evidence.ts'
import { FinalBlockChecker } from './checkers/final-blocks.ts'
import { innocenceChecker } from './checkers/innocence.ts'
import { keyChecker } from './checkers/keys.ts'
import { MembershipChecker } from './checkers/membership.ts'
import { persistenceChecker } from './checkers/persistence.ts'
import { receiptChecker } from './checkers/receipts.ts'
import { ReferenceLedger } from './checkers/reference-ledger.ts'
import { serialisabilityChecker } from './checkers/serialisability.ts'
import { signatureChecker } from './checkers/signatures.ts'
import { signingOrderChecker } from './checkers/signing-order.ts'
import { EpochBook } from './epoch-book.ts'
import { workOfRun } from './host/run-work.ts'
import { type SimulatedCrypto, TokenCrypto } from './host/simulated-crypto.ts'
import type { Scenario } from './scenario.ts'
import { type SimulatedGenesis, simulatedGenesis } from './simulated-genesis.ts'
import type { Strategy } from './strategy.ts'
import type { Timeline } from './timeline.ts'
import { type RunResult, World } from './world.ts'

const VIEW_TIMEOUT_MS = 600
const VIEW_TIMEOUT_MS_MAX = 3_000

export class Simulator {
  readonly #crypto: SimulatedCrypto
  readonly #workOf: typeof workOfRun
  readonly #strategies: ReadonlyMap<string, Strategy>
  readonly #geneses = new Map<string, SimulatedGenesis>()

  /** `workOf`: what the replicas of a run share. */
  constructor(
    strategies: ReadonlyMap<string, Strategy>,
    crypto: SimulatedCrypto = new TokenCrypto(),
    workOf: typeof workOfRun = workOfRun,
  ) {
    this.#strategies = strategies
    this.#crypto = crypto
    this.#workOf = workOf
  }

  /** `timeline` notes what happens, for a replay; `others` watch as well. */
  run(scenario: Scenario, timeline: Timeline | null = null, others: readonly Checker[] = []): RunResult {
    const genesis = this.#genesisOf(scenario)
    const epochs = new EpochBook(genesis)
    const finalBlocks = new FinalBlockChecker(scenario, genesis, epochs)
    const checkers = [epochs, ...standardCheckers(scenario, genesis, epochs, this.#crypto), finalBlocks, ...others]
    if (timeline !== null) checkers.unshift(timeline)
    const shared = this.#workOf(scenario.seed, genesis.block.state)
    const world = new World({ scenario, genesis, crypto: this.#crypto, checkers, strategies: this.#strategies, shared })
    finalBlocks.nowMs = () => world.scheduler.nowMs
    if (timeline !== null) timeline.clock = world.scheduler
    return world.run()
  }

  #genesisOf(scenario: Scenario): SimulatedGenesis {
    const { nodes: validators, candidates = 0, epochBlocks: epochBlocksMax = 0, governance } = scenario
    const name = JSON.stringify({ validators, candidates, epochBlocksMax, governance })
    let genesis = this.#geneses.get(name)
    if (genesis === undefined) {
      const options = {
        faultModel: 'byzantine',
        viewTimeoutMs: VIEW_TIMEOUT_MS,
        viewTimeoutMsMax: VIEW_TIMEOUT_MS_MAX,
      } as const
      genesis = simulatedGenesis({ validators, candidates, epochBlocksMax, governance, ...options }, this.#crypto)
      this.#geneses.set(name, genesis)
    }
    return genesis
  }
}

function standardCheckers(
  scenario: Scenario,
  genesis: SimulatedGenesis,
  epochs: EpochBook,
  crypto: SimulatedCrypto,
): Checker[] {
  const liars = [...scenario.byzantine.map(({ node }) => node), ...(scenario.twins?.of ?? [])]
  const guilty = liars.flatMap((liar) => genesis.identities[liar]?.address ?? [])
  return [
    agreementChecker(genesis.block.block.hash),
    signatureChecker(),
    signingOrderChecker(genesis.block.block.hash),
    keyChecker(genesis, epochs),
    accusationChecker(),
    coreBoundsChecker(genesis, epochs),
    acceptedChecker(),
    serialisabilityChecker(),
    receiptChecker(),
    persistenceChecker(),
    new CertificateChecker(genesis, epochs, crypto),
    new ReferenceLedger(genesis),
    blameChecker(liars),
    evidenceChecker(epochs),
    innocenceChecker(guilty),
    new MembershipChecker(genesis, guilty),
  ]
}
