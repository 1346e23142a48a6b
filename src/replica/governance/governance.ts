/** The part that a replica takes in governing its network: what it knows of faults, and what its key owes. */
import { isPlanted } from '../../base/planted-bug.ts'
import { rejection } from '../../base/rejection.ts'
import { err } from '../../base/result.ts'
import { addressOfPublicKey } from '../../crypto/secp256k1.ts'
import { systemWordsIn } from '../../ledger/system/state-records.ts'
import { readRecordOfSigner } from '../../ledger/system/validator-records.ts'
import type { FinalBlock } from '../../types/final-block.ts'
import type { Address } from '../../types/ids.ts'
import type { EpochContext } from '../epoch-context.ts'
import type { OwnKey } from '../own-key.ts'
import type { ReplicaPorts } from '../ports.ts'
import type { ReplicaConfig } from '../replica-config.ts'
import type { ReplicaParts } from '../replica-parts.ts'
import type { IntakeVerdict } from '../transaction-intake.ts'
import { AcceptedEvidence } from './accepted-evidence.ts'
import { CallSender, type CallSenderPorts } from './call-sender.ts'
import { createEvidenceDesk } from './create-evidence-desk.ts'
import type { EvidenceDesk } from './evidence-desk.ts'
import { JudgedEpochs } from './judged-epochs.ts'
import { Steward } from './steward.ts'

export interface GovernanceSurroundings {
  readonly config: ReplicaConfig
  readonly ports: ReplicaPorts
  readonly parts: ReplicaParts
  readonly epoch: () => EpochContext
  /** Whether the newest final block here is as new as anybody's, as far as is known. */
  readonly isLevel: () => boolean
  readonly submit: CallSenderPorts['submit']
  /** Nothing is signed or sent any more once it returns. */
  readonly halt: (reason: string, report: string) => void
}

/** One key of this node, with what it owes. */
interface Speaker {
  readonly key: OwnKey
  readonly address: Address
  readonly steward: Steward
}

export class Governance {
  readonly judgedEpochs: JudgedEpochs
  readonly desk: EvidenceDesk
  readonly #surroundings: GovernanceSurroundings
  /** Null for a node that signs nothing. */
  #speaker: Speaker | null = null

  constructor(surroundings: GovernanceSurroundings) {
    this.#surroundings = surroundings
    const { config, ports, parts, halt } = surroundings
    const words = () => systemWordsIn(parts.pipeline.state)
    this.judgedEpochs = new JudgedEpochs(config.rules.governance, words)
    this.desk = createEvidenceDesk(config, {
      ...ports,
      judgedEpochs: this.judgedEpochs,
      onHeld: () => this.act(),
      halt,
    })
  }

  /** From here on the key speaks that is the validator's, or the candidate's, in the final state. */
  enterEpoch(context: EpochContext): void {
    this.judgedEpochs.open(context)
    const key = this.#speakingKey()
    if (key === this.#speaker?.key) return
    this.#speaker?.steward.stop()
    this.#speaker = key === undefined ? null : this.#createSpeaker(key)
  }

  /** Who sends this node's calls; null for a node that signs nothing. */
  get speaker(): Address | null {
    return this.#speaker?.address ?? null
  }

  /** `context`: of the epoch that the block belongs to. What is owed now is done by `act`. */
  onFinal(final: FinalBlock, context: EpochContext): void {
    this.#speaker?.steward.onFinal(final, context)
    this.desk.forgetSettled()
  }

  act(): void {
    this.#speaker?.steward.act()
  }

  beat(nowMs: number): void {
    this.desk.repeat(nowMs)
    this.#speaker?.steward.beat()
  }

  call(data: Uint8Array, done: (verdict: IntakeVerdict) => void): void {
    if (this.#speaker === null) done(err(rejection('noKey', 'this node signs nothing: it has no consensus key')))
    else this.#speaker.steward.call(data, done)
  }

  stop(): void {
    this.#speaker?.steward.stop()
  }

  #speakingKey(): OwnKey | undefined {
    const { ports, parts } = this.#surroundings
    const words = systemWordsIn(parts.pipeline.state)
    const keys = ports.keys()
    if (__CANARIES__ && isPlanted('old-key-speaks-on')) return keys[0]
    const isKnown = ({ publicKey }: OwnKey): boolean =>
      readRecordOfSigner(words, addressOfPublicKey(publicKey)) !== undefined
    return keys.find(isKnown) ?? keys[0]
  }

  #createSpeaker(key: OwnKey): Speaker {
    const { config, ports, parts, epoch, isLevel, submit } = this.#surroundings
    const { clock, schedule, store, verifier } = ports
    const { genesis, genesisHash, rules } = config
    const { pool, pipeline } = parts
    const sender = new CallSender({
      signer: key.callSigner,
      chainId: genesis.chainId,
      nonceOf: (address) => pipeline.state.account(address).nonce,
      pool,
      submit,
      nowMs: () => clock.monotonicMs(),
    })
    const accepted = new AcceptedEvidence({
      genesisHash,
      verifier,
      epoch: (number) => this.judgedEpochs.get(number),
      finalBlock: (height) => store.finalBlock(height),
    })
    const steward = new Steward({
      ...{ clock, schedule, sender, accepted, pool, epoch, isLevel },
      desk: this.desk,
      rules: rules.governance,
      governance: genesis.governance,
      words: () => systemWordsIn(pipeline.state),
      tip: () => {
        const { height, stateRoot } = store.tip.header
        return { height, stateRoot }
      },
    })
    return { key, address: sender.address, steward }
  }
}
