/** One core that is told everything by hand, and what it is told. */
import { Core } from '../../../src/consensus/core.ts'
import type { Effect } from '../../../src/consensus/effects.ts'
import type { Event } from '../../../src/consensus/events.ts'
import type { Block } from '../../../src/types/block.ts'
import type { CommitCertificate, QuorumCertificate, TimeoutCertificate } from '../../../src/types/certificate.ts'
import type { ConsensusParameters } from '../../../src/types/genesis.ts'
import type { Hash, View } from '../../../src/types/ids.ts'
import { freshSafetyRecord, type SafetyRecord } from '../../../src/types/safety-record.ts'
import { ownStatement } from '../../../src/validation/own-statement.ts'
import { Committee } from './committee.ts'
import { PARAMETERS } from './core-world.ts'

export const committee = new Committee(4)

export class Solo {
  readonly core: Core
  nowMs = 0

  constructor(
    self: number | null,
    start: { record?: SafetyRecord; blocks?: readonly Block[]; parameters?: Partial<ConsensusParameters> } = {},
  ) {
    const { record = freshSafetyRecord(1, committee.root), blocks = [], parameters } = start
    this.core = new Core(
      {
        validators: committee.set,
        self,
        schedule: committee.all,
        parameters: { ...PARAMETERS, ...parameters },
      },
      {
        record: self === null ? null : ownStatement(record),
        root: ownStatement(committee.root),
        committed: { hash: committee.rootHash, height: 0, view: 0 },
        commitCertificate: null,
        blocks: blocks.map((block) => ownStatement(block)),
      },
    )
    this.feed({ kind: 'start' })
  }

  feed(event: Event): readonly Effect[] {
    return this.core.handle(event, this.nowMs)
  }

  /** Executes whatever is asked for, at once and well. */
  drive(event: Event): readonly Effect[] {
    const effects: Effect[] = [...this.feed(event)]
    for (let at = 0; at < effects.length; at++) {
      const effect = effects[at]
      if (effect?.kind === 'execute')
        effects.push(...this.feed({ kind: 'executed', hash: effect.block.hash, valid: true, reason: '' }))
    }
    return effects
  }

  propose(block: Block): readonly Effect[] {
    return this.drive(proposal(block))
  }
}

export const proposal = (block: Block): Event => ({
  kind: 'proposal',
  proposal: ownStatement(committee.proposal(block)),
})
export const vote = (signer: number, block: Block): Event => {
  const { view } = block.header.consensus
  return { kind: 'vote', vote: ownStatement(committee.vote(signer, view, block.hash, block.justify.view)) }
}
export const commitVote = (signer: number, view: View, hash: Hash): Event => ({
  kind: 'commitVote',
  vote: ownStatement(committee.commitVote(signer, view, hash)),
})
export const certificates = (
  highQc: QuorumCertificate,
  tc: TimeoutCertificate | null = null,
  commitCertificate: CommitCertificate | null = null,
): Event => ({ kind: 'certificates', bundle: ownStatement({ epoch: 1, highQc, tc, commitCertificate }) })
export const final = (certificate: CommitCertificate): Event => ({
  kind: 'finality',
  finality: ownStatement({ certificate, suffix: [] }),
})
export const timeout = (
  signer: number,
  view: View,
  highQc: QuorumCertificate,
  tc: TimeoutCertificate | null = null,
): Event => ({
  kind: 'timeout',
  message: ownStatement(committee.timeoutMessage(signer, view, highQc, { tc })),
})
export const blocksEvent = (blocks: readonly Block[]): Event => ({
  kind: 'blocks',
  blocks: blocks.map((block) => ownStatement(block)),
})

export function ofKind<K extends Effect['kind']>(effects: readonly Effect[], kind: K): Extract<Effect, { kind: K }>[] {
  return effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind)
}
export const signed = (effects: readonly Effect[]): string[] =>
  ofKind(effects, 'sign').map(({ request }) => `${request.kind} ${request.view}`)
export const committed = (effects: readonly Effect[]): number[] =>
  ofKind(effects, 'commit').flatMap(({ blocks }) => blocks.map(({ header }) => header.height))
export const kinds = (effects: readonly Effect[]): string[] => effects.map(({ kind }) => kind)

export const chain = committee.chain(12)
export const at = (view: View): Block => chain[view - 1] as Block
export const qcAt = (view: View): QuorumCertificate => (view === 0 ? committee.root : committee.qcOf(at(view)))
export const commitAt = (view: View): CommitCertificate => committee.commitQcOf(at(view))

/** A core that has executed the blocks of views 1 … view and committed those below it. */
export function soloAt(self: number, view: View, parameters: Partial<ConsensusParameters> = {}): Solo {
  const solo = new Solo(self, { parameters })
  for (let v = 1; v <= view; v++) {
    solo.propose(at(v))
    if (v > 1) solo.drive(final(commitAt(v - 1)))
  }
  return solo
}
