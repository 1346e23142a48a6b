/** What a run did, for a person to read: view by view, and a line for each thing that consensus did at a node. */
import type { Effect, SigningRequest } from '../consensus/effects.ts'
import type { HeldEvidence } from '../replica/governance/evidence-desk.ts'
import type { Checker } from './checker.ts'
import type { SimulatedNode } from './host/simulated-node.ts'
import type { Scheduler } from './scheduler.ts'
import { ViewLog } from './view-log.ts'

export interface TimelineEntry {
  readonly atMs: number
  readonly node: number
  readonly what: string
}

export class Timeline implements Checker {
  readonly entries: TimelineEntry[] = []
  readonly views = new ViewLog()
  /** Set by the world that it watches. */
  clock: Scheduler | null = null

  onBoot(node: SimulatedNode): void {
    this.#note(node, `boots at height ${node.height}`)
  }

  onStep(node: SimulatedNode, event: Parameters<NonNullable<Checker['onStep']>>[1], effects: readonly Effect[]): void {
    if (event.kind === 'start') this.#note(node, `takes part from height ${node.height}`)
    if (event.kind === 'executed' && !event.valid) this.#note(node, `refuses ${short(event.hash)}: ${event.reason}`)
    for (const effect of effects) {
      const what = describeEffect(effect)
      if (what !== null) this.#note(node, what)
      if (node.replica !== null)
        this.views.onEffect(node.index, node.replica.epoch.validators.epoch, effect, this.#nowMs)
    }
  }

  onSign(node: SimulatedNode, request: SigningRequest): void {
    this.#note(node, `signs ${describeRequest(request)}`)
    this.views.onSign(node.index, request)
  }

  onEvidence(node: SimulatedNode, held: HeldEvidence): void {
    this.#note(node, `proves ${held.kind} of view ${held.view} by ${held.culprit}`)
  }

  onStop(node: SimulatedNode, reason: { readonly kind: string }): void {
    this.#note(node, `stops: ${reason.kind}`)
  }

  #note(node: SimulatedNode, what: string): void {
    this.entries.push({ atMs: this.#nowMs, node: node.index, what })
  }

  get #nowMs(): number {
    return this.clock?.nowMs ?? 0
  }
}

export function printTimeline(entries: readonly TimelineEntry[]): string {
  return entries.map(({ atMs, node, what }) => `${atMs.toFixed(1).padStart(10)} ms  node ${node}  ${what}`).join('\n')
}

export function describeEffect(effect: Effect): string | null {
  switch (effect.kind) {
    case 'viewEntered':
      return `enters view ${effect.view} by ${effect.by}, leader ${effect.leader}`
    case 'viewTimedOut':
      return `gives up view ${effect.view}: ${effect.reason}`
    case 'commit': {
      const last = effect.blocks.at(-1)
      return `commits up to height ${last?.header.height ?? '?'} (${short(last?.hash ?? '')}, view ${effect.finality.certificate.view})`
    }
    case 'epochEnded':
      return 'has come to the end of the epoch'
    case 'fetch':
      return `fetches ${short(effect.hash)} of view ${effect.view} from ${effect.signers.join(', ')}`
    case 'build':
      return `builds ${effect.request.empty ? 'an empty block' : 'a block'} for view ${effect.request.view}`
    case 'requestCertificates':
      return `asks ${effect.from.join(', ')} for certificates`
    case 'sendProposal':
      return `shows ${short(effect.proposal.block.hash)}, which was not certified`
    case 'halt':
      return `halts: ${effect.reason}`
    case 'storeBlock':
    case 'sign':
    case 'execute':
    case 'sendCertificates':
    case 'resendTransactions':
    case 'setTimer':
    case 'clearTimer':
      return null
  }
}

export function describeRequest(request: SigningRequest): string {
  switch (request.kind) {
    case 'timeout':
      return `a timeout of view ${request.view} with highQC ${request.highQc.view}`
    case 'proposal':
      return `the proposal of view ${request.view}: ${short(request.block.hash)}, height ${request.block.header.height}, ${request.block.transactions.length} transactions, on view ${request.block.justify.view}`
    case 'vote':
    case 'commit':
      return `a ${request.kind === 'vote' ? 'vote' : 'commit vote'} of view ${request.view} for ${short(request.blockHash)}`
  }
}

function short(hash: string): string {
  return hash.slice(2, 10)
}
