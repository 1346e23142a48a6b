/**
 * Carries out what the core asks for, in order. The one place that calls the signer, and it does
 * so only from the durable queue: persist, then sign, then send (docs/consensus.md, "What is on disk before what").
 */
import { defined, unreachable } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { Effect, SigningRequest, TimerName } from '../consensus/effects.ts'
import type { Event } from '../consensus/events.ts'
import { statementDigest } from '../crypto/digests.ts'
import type { DirectMessage } from '../network/messages.ts'
import type { BlockFetcher } from '../sync/block-fetcher.ts'
import type { Address, Hash } from '../types/ids.ts'
import type { BlockExecutor } from './block-executor.ts'
import type { CommitPipeline } from './commit-pipeline.ts'
import type { DurableQueue } from './durable-queue.ts'
import type { OwnKey, StatementSigner } from './own-key.ts'
import type { ReplicaPorts } from './ports.ts'
import { isCarried, statementOf, utterance } from './utterance.ts'

export type Halt = Extract<Effect, { readonly kind: 'halt' }>

export interface RunnerParts {
  readonly genesisHash: Hash
  /** Index and address in the validator set; null for an observer. */
  readonly self: { readonly index: number; readonly address: Address } | null
  /** Signs in this epoch, and in no other; null for an observer. */
  readonly key: OwnKey | null
  readonly ports: ReplicaPorts
  readonly durable: DurableQueue
  readonly executor: BlockExecutor
  readonly pipeline: CommitPipeline
  readonly fetcher: BlockFetcher
  readonly feed: (event: Event) => void
  /** To one validator, or to all others. */
  readonly send: (to: number | 'all', message: DirectMessage) => void
  readonly sendCertificates: (to: number | 'all') => void
  readonly sendFinality: () => void
  readonly resendTransactions: () => void
  readonly halt: (halt: Halt) => void
}

export class EffectRunner {
  readonly #parts: RunnerParts
  readonly #timers = new Map<TimerName, () => void>()

  constructor(parts: RunnerParts) {
    this.#parts = parts
  }

  run(effects: readonly Effect[]): void {
    for (const effect of effects) this.#carryOut(effect)
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
  }

  #carryOut(effect: Effect): void {
    const { executor, pipeline, fetcher, feed, ports, self } = this.#parts
    switch (effect.kind) {
      case 'storeBlock':
        fetcher.cancel(effect.block.hash)
        return pipeline.storeBlock(effect.block)
      case 'sign':
        return this.#promise(effect)
      case 'execute': {
        const { hash } = effect.block
        return executor.execute(effect.block, ports.runTask, (fault) =>
          feed({ kind: 'executed', hash, valid: fault === null, reason: fault ?? '' }),
        )
      }
      case 'build': {
        const { view } = effect.request
        const { address } = defined(self, 'the validator that proposes')
        return ports.runTask(executor.build(effect.request, address, (block) => feed({ kind: 'built', view, block })))
      }
      case 'commit':
        return pipeline.commit(effect.blocks, effect.finality)
      case 'fetch':
        return fetcher.fetch(effect.hash, effect.view, effect.signers)
      case 'sendProposal':
        if (isCarried(effect.proposal)) this.#parts.send('all', { kind: 'proposal', proposal: effect.proposal })
        return
      case 'sendCertificates':
        return this.#parts.sendCertificates(effect.to)
      case 'requestCertificates':
        for (const validator of effect.from) this.#parts.send(validator, { kind: 'certificatesWanted' })
        return
      case 'resendTransactions':
        return this.#parts.resendTransactions()
      case 'setTimer':
        return this.#setTimer(effect.timer, effect.atMs)
      case 'clearTimer':
        return this.#clearTimer(effect.timer)
      case 'epochEnded':
        // The next one is opened when its root is durable.
        return
      case 'viewEntered':
      case 'viewTimedOut':
        // Told to the observer with the whole step.
        return
      case 'halt':
        this.#parts.sendFinality()
        return this.#parts.halt(effect)
      default:
        unreachable(effect)
    }
  }

  #setTimer(timer: TimerName, atMs: number): void {
    this.#clearTimer(timer)
    const cancel = this.#parts.ports.schedule(atMs, () => {
      this.#timers.delete(timer)
      this.#parts.feed({ kind: 'timer', timer })
    })
    this.#timers.set(timer, cancel)
  }

  #clearTimer(timer: TimerName): void {
    this.#timers.get(timer)?.()
    this.#timers.delete(timer)
  }

  #promise({ request, record }: Extract<Effect, { readonly kind: 'sign' }>): void {
    const key = defined(this.#parts.key, 'the key of a validator')
    const { signer } = key
    const other = __CANARIES__ && isPlanted('record-of-other-key') ? this.#parts.ports.keys()[0] : undefined
    const { signingRecord } = other ?? key
    this.#parts.durable.after(() => this.#signAndSend(request, signer), { signingRecord, record })
  }

  /** The record that allows it is durable: this runs from the durable queue only. */
  #signAndSend(request: SigningRequest, signer: StatementSigner): void {
    const { genesisHash, self, send, feed } = this.#parts
    const { index } = defined(self, 'the validator that signs')
    const signature = signer.sign(statementDigest(genesisHash, statementOf(request)))
    const { message, event } = utterance(request, index, signature)
    send('all', message)
    feed(event)
  }
}
