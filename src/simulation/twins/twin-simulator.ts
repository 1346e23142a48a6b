/** Runs Twins scenarios: the one entry for tests and for the search. */
import { type SimulatedCrypto, TokenCrypto } from '../host/simulated-crypto.ts'
import { type SimulatedGenesis, simulatedGenesis } from '../simulated-genesis.ts'
import { type TwinObserver, type TwinResult, TwinRun } from './twin-run.ts'
import type { TwinScenario } from './twin-scenario.ts'

const VIEW_TIMEOUT_MS = 600
const VIEW_TIMEOUT_MS_MAX = 3_000

export class TwinSimulator {
  readonly #crypto: SimulatedCrypto
  /** By number of validators. */
  readonly #networks = new Map<number, SimulatedGenesis>()

  constructor(crypto: SimulatedCrypto = new TokenCrypto()) {
    this.#crypto = crypto
  }

  run(scenario: TwinScenario, observer: TwinObserver = {}): TwinResult {
    return new TwinRun(scenario, this.#networkOf(scenario.validators), this.#crypto, observer).run()
  }

  #networkOf(validators: number): SimulatedGenesis {
    const known = this.#networks.get(validators)
    if (known !== undefined) return known
    const network = simulatedGenesis(
      {
        validators,
        faultModel: 'byzantine',
        viewTimeoutMs: VIEW_TIMEOUT_MS,
        viewTimeoutMsMax: VIEW_TIMEOUT_MS_MAX,
      },
      this.#crypto,
    )
    this.#networks.set(validators, network)
    return network
  }
}
