/**
 * INVARIANTS of a Twins run: one chain, certificates valid and in order, an honest key signs once, the view follows
 * the certificates, nobody honest halts, and all that was said proves nobody honest guilty.
 */
import type { Effect, SigningRequest } from '../../consensus/effects.ts'
import type { Event } from '../../consensus/events.ts'
import { EvidenceDetector } from '../../consensus/evidence-detector.ts'
import { judgeEvidence } from '../../ledger/evidence/judge-evidence.ts'
import type { Hash, View } from '../../types/ids.ts'
import { CertificateChecker } from '../checkers/certificates.ts'
import type { SimulatedCrypto } from '../host/simulated-crypto.ts'
import type { SimulatedGenesis } from '../simulated-genesis.ts'
import { SimulationFailure } from '../simulation-failure.ts'
import type { TwinReplica } from './twin-replica.ts'

export class TwinChecks {
  /** Validators that what was said proves guilty. */
  readonly guilty = new Set<number>()
  readonly #network: SimulatedGenesis
  readonly #crypto: SimulatedCrypto
  readonly #schedule: readonly number[]
  readonly #certificates: CertificateChecker
  readonly #detector: EvidenceDetector
  readonly #chain = new Map<number, Hash>()
  readonly #signed = new Map<string, string>()
  #view: View = 0

  constructor(network: SimulatedGenesis, crypto: SimulatedCrypto, schedule: readonly number[]) {
    this.#network = network
    this.#crypto = crypto
    this.#schedule = schedule
    const members = { validatorsOf: () => network.validators, rootOf: () => network.block.block.hash }
    this.#certificates = new CertificateChecker(network, members, crypto)
    this.#detector = new EvidenceDetector((view) => schedule[view % schedule.length] ?? 0)
  }

  onStep(replica: TwinReplica, event: Event, effects: readonly Effect[]): void {
    if (replica.isGuilty) return
    this.#certificates.onStep({ isByzantine: false }, event, effects)
    for (const effect of effects)
      if (effect.kind === 'commit')
        for (const { hash, header } of effect.blocks) this.#onFinal(replica, header.height, hash)
      else if (effect.kind === 'halt') throw new SimulationFailure('halt', `replica ${replica.index}: ${effect.reason}`)
    const { view, highQc, highTc } = replica.core
    if (view !== Math.max(highQc.view, highTc?.view ?? 0) + 1)
      throw new SimulationFailure('view', `replica ${replica.index} is in view ${view} without a certificate for it`)
  }

  onSign({ index, isGuilty }: TwinReplica, request: SigningRequest): void {
    if (isGuilty) return
    const key = `${index} ${request.kind} ${request.view}`
    const what = wordsOf(request)
    const before = this.#signed.get(key)
    if (before === undefined) this.#signed.set(key, what)
    else if (before !== what) throw new SimulationFailure('double sign', `replica ${key}: ${before}, then ${what}`)
  }

  /** Told once of whatever anybody says. */
  onSaid(event: Event, view: View): void {
    this.#view = Math.max(this.#view, view)
    const { validators, block } = this.#network
    for (const evidence of this.#detector.observe(event, this.#view)) {
      const epoch = { validators: validators.members, schedule: this.#schedule }
      const judgement = judgeEvidence(evidence, {
        genesisHash: block.block.hash,
        verifier: this.#crypto.verifier,
        epoch: () => epoch,
      })
      if (judgement.ok) this.guilty.add(validators.indexOf(judgement.value.culprit) ?? -1)
    }
  }

  requireInnocence(honest: ReadonlySet<number>): void {
    for (const culprit of this.guilty)
      if (honest.has(culprit)) throw new SimulationFailure('innocence', `honest validator ${culprit} is proven guilty`)
  }

  #onFinal({ index }: TwinReplica, height: number, hash: Hash): void {
    const fixed = this.#chain.get(height)
    if (fixed === undefined) this.#chain.set(height, hash)
    else if (fixed !== hash)
      throw new SimulationFailure('fork', `height ${height}: ${fixed} was final, replica ${index} has ${hash}`)
  }
}

function wordsOf(request: SigningRequest): string {
  switch (request.kind) {
    case 'vote':
      return `${request.blockHash} ${request.justifyView}`
    case 'commit':
      return request.blockHash
    case 'timeout':
      return String(request.highQc.view)
    case 'proposal':
      return request.block.hash
  }
}
