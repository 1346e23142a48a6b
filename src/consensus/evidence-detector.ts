/**
 * Finds what validators of one epoch say against themselves (docs/consensus.md, "Evidence"). It sees
 * every verified statement that the core is told of, those inside certificates included, and
 * remembers enough of them to hold the next one against. What it finds still has to be judged:
 * it is the judge's word that counts on chain.
 *
 * BOUND: statements of views curView−64 … curView+8, one a validator, view and kind; besides, per
 * validator, the vote that locked it highest and its highest commit vote; the last 128 headers;
 * eight offences told of a validator, which are seven more than it takes.
 */
import { BoundedMap } from '../base/bounded.ts'
import type { Block } from '../types/block.ts'
import type {
  CommitCertificate,
  CommitVote,
  QuorumCertificate,
  Timeout,
  TimeoutCertificate,
  Vote,
} from '../types/certificate.ts'
import type { Evidence, EvidenceKind, SignedHeader } from '../types/evidence.ts'
import type { Header } from '../types/header.ts'
import type { Hash, View } from '../types/ids.ts'
import { signersOf } from '../types/signer-bitmap.ts'
import type { Verified } from '../types/verified.ts'
import type { Event } from './events.ts'
import { StatementWindow } from './statement-window.ts'

const HEADERS_MAX = 128
const OFFENCES_PER_VALIDATOR_MAX = 8

interface SeenHeader {
  readonly header: Header
  /** No honest validator votes for it. */
  readonly isBad: boolean
}

export class EvidenceDetector {
  readonly #leaderOf: (view: View) => number
  readonly #proposals = new StatementWindow<SignedHeader & { readonly hash: Hash }>()
  readonly #votes = new StatementWindow<Vote>()
  readonly #commitVotes = new StatementWindow<CommitVote>()
  readonly #timeouts = new StatementWindow<Timeout>()
  readonly #headers = new BoundedMap<Hash, SeenHeader>(HEADERS_MAX)
  /** By signer. */
  readonly #highestLocks = new Map<number, Vote>()
  readonly #highestCommitVotes = new Map<number, CommitVote>()
  readonly #told = new Map<number, Set<string>>()
  #found: Evidence[] = []
  #view: View = 0

  constructor(leaderOf: (view: View) => number) {
    this.#leaderOf = leaderOf
  }

  /** What the event proves; each offence once. `view` is the core's, after it has taken the event. */
  observe(event: Event, view: View): readonly Evidence[] {
    this.#enter(view)
    switch (event.kind) {
      case 'proposal':
        this.#takeProposal(event.proposal.block, event.proposal.signature)
        break
      case 'vote':
        this.#takeVote(event.vote)
        break
      case 'commitVote':
        this.#takeCommitVote(event.vote)
        break
      case 'timeout': {
        const { timeout, highQc, tc, vote, proposal } = event.message
        this.#takeQc(highQc)
        this.#takeTc(tc)
        if (proposal !== null) this.#takeProposal(proposal.block, proposal.signature)
        if (vote !== null) this.#takeVote(vote)
        this.#takeTimeout(timeout)
        break
      }
      case 'certificates':
        this.#takeQc(event.bundle.highQc)
        this.#takeTc(event.bundle.tc)
        if (event.bundle.commitCertificate !== null) this.#takeCommitCertificate(event.bundle.commitCertificate)
        break
      case 'finality':
        this.#takeCommitCertificate(event.finality.certificate)
        break
      // Nothing that is signed, or, in fetched blocks, nothing that was checked here.
      case 'blocks':
      case 'built':
      case 'executed':
      case 'payload':
      case 'start':
      case 'timer':
        break
    }
    return this.#takeFound()
  }

  /** A timeout whose message was refused for what it carries: what its signer says counts against it all the same. */
  observeTimeout(timeout: Verified<Timeout>): readonly Evidence[] {
    this.#takeTimeout(timeout)
    return this.#takeFound()
  }

  /** A header that is wrong for whoever knows the epoch, whether its signature holds or not: who has voted for it? */
  observeBadHeader(hash: Hash, header: Header): readonly Evidence[] {
    this.#remember(hash, header, true)
    return this.#takeFound()
  }

  #enter(view: View): void {
    if (view === this.#view) return
    this.#view = view
    for (const window of [this.#proposals, this.#votes, this.#commitVotes, this.#timeouts]) window.enter(view)
  }

  #takeFound(): readonly Evidence[] {
    const found = this.#found
    if (found.length > 0) this.#found = []
    return found
  }

  #takeProposal({ hash, header, justify, tc }: Block, signature: Uint8Array): void {
    this.#takeQc(justify)
    this.#takeTc(tc)
    const { view } = header.consensus
    const leader = this.#leaderOf(view)
    const first = this.#proposals.get(view, leader)
    if (first === undefined)
      this.#proposals.set(view, leader, { hash, header: ownHeader(header), signature: signature.slice() })
    else if (first.hash !== hash)
      this.#tell(leader, view, {
        kind: 'doubleProposal',
        first: { header: first.header, signature: first.signature },
        second: { header, signature },
      })
    if (!this.#headers.has(hash)) this.#remember(hash, header, false)
  }

  #remember(hash: Hash, header: Header, isBad: boolean): void {
    const seen = { header: ownHeader(header), isBad }
    this.#headers.set(hash, seen)
    for (const vote of this.#votes.of(header.consensus.view)) this.#holdAgainstHeader(vote, seen, hash)
  }

  #takeQc({ epoch, view, blockHash, justifyView, bitmap, signatures }: QuorumCertificate): void {
    if (!this.#votes.covers(view)) return
    for (const [index, signer] of signersOf(bitmap).entries()) {
      const held = this.#votes.get(view, signer)
      if (held !== undefined && held.blockHash === blockHash && held.justifyView === justifyView) continue
      const signature = signatures[index]
      if (signature !== undefined) this.#takeVote({ epoch, view, blockHash, justifyView, signer, signature })
    }
  }

  #takeCommitCertificate({ epoch, view, blockHash, bitmap, signatures }: CommitCertificate): void {
    if (!this.#commitVotes.covers(view)) return
    for (const [index, signer] of signersOf(bitmap).entries()) {
      if (this.#commitVotes.get(view, signer)?.blockHash === blockHash) continue
      const signature = signatures[index]
      if (signature !== undefined) this.#takeCommitVote({ epoch, view, blockHash, signer, signature })
    }
  }

  #takeTc(tc: TimeoutCertificate | null): void {
    if (tc === null) return
    const { epoch, view, entries, highQc } = tc
    this.#takeQc(highQc)
    for (const { signer, highQcView, signature } of entries)
      this.#takeTimeout({ epoch, view, highQcView, signer, signature })
  }

  #takeVote(received: Vote): void {
    const { view, signer, blockHash, justifyView } = received
    const first = this.#votes.get(view, signer)
    if (first !== undefined) {
      if (first.blockHash === blockHash && first.justifyView === justifyView) return
      this.#tell(signer, view, { kind: 'doubleVote', first, second: received })
    }
    if (!this.#votes.covers(view)) return
    const vote = { ...received, signature: received.signature.slice() }
    if (first === undefined) this.#votes.set(view, signer, vote)
    const highest = this.#highestLocks.get(signer)
    if (highest === undefined || justifyView > highest.justifyView) this.#highestLocks.set(signer, vote)
    for (const timeout of this.#timeouts.by(signer)) this.#holdAgainstTimeout(vote, timeout)
    const seen = this.#headers.get(blockHash)
    if (seen !== undefined) this.#holdAgainstHeader(vote, seen, blockHash)
  }

  #takeCommitVote(received: CommitVote): void {
    const { view, signer, blockHash } = received
    const first = this.#commitVotes.get(view, signer)
    if (first !== undefined) {
      if (first.blockHash === blockHash) return
      this.#tell(signer, view, { kind: 'doubleCommitVote', first, second: received })
    }
    if (!this.#commitVotes.covers(view)) return
    const commitVote = { ...received, signature: received.signature.slice() }
    if (first === undefined) this.#commitVotes.set(view, signer, commitVote)
    const highest = this.#highestCommitVotes.get(signer)
    if (highest === undefined || view > highest.view) this.#highestCommitVotes.set(signer, commitVote)
    for (const timeout of this.#timeouts.by(signer)) this.#holdCommitVoteAgainstTimeout(commitVote, timeout)
  }

  #takeTimeout(received: Timeout): void {
    const { view, signer, highQcView } = received
    const first = this.#timeouts.get(view, signer)
    if (first !== undefined) {
      if (first.highQcView === highQcView) return
      this.#tell(signer, view, { kind: 'doubleTimeout', first, second: received })
    }
    if (!this.#timeouts.covers(view)) return
    const timeout = { ...received, signature: received.signature.slice() }
    if (first === undefined) this.#timeouts.set(view, signer, timeout)
    const lock = this.#highestLocks.get(signer)
    if (lock !== undefined) this.#holdAgainstTimeout(lock, timeout)
    for (const vote of this.#votes.by(signer)) this.#holdAgainstTimeout(vote, timeout)
    const highest = this.#highestCommitVotes.get(signer)
    if (highest !== undefined) this.#holdCommitVoteAgainstTimeout(highest, timeout)
    for (const commitVote of this.#commitVotes.by(signer)) this.#holdCommitVoteAgainstTimeout(commitVote, timeout)
  }

  #holdAgainstTimeout(vote: Vote, timeout: Timeout): void {
    if (timeout.view >= vote.view && timeout.highQcView < vote.justifyView)
      this.#tell(vote.signer, timeout.view, { kind: 'hiddenLock', vote, timeout })
  }

  #holdCommitVoteAgainstTimeout(commitVote: CommitVote, timeout: Timeout): void {
    if (timeout.view >= commitVote.view && timeout.highQcView < commitVote.view)
      this.#tell(commitVote.signer, timeout.view, { kind: 'abandonedCommit', commitVote, timeout })
  }

  #holdAgainstHeader(vote: Vote, { header, isBad }: SeenHeader, hash: Hash): void {
    if (vote.blockHash !== hash) return
    const { view, justifyView } = header.consensus
    if (isBad || vote.view !== view || vote.justifyView !== justifyView)
      this.#tell(vote.signer, vote.view, { kind: 'voteForBadHeader', vote, header })
  }

  #tell(signer: number, view: View, evidence: Evidence): void {
    let told = this.#told.get(signer)
    if (told === undefined) {
      told = new Set()
      this.#told.set(signer, told)
    }
    const offence = offenceKey(evidence.kind, view)
    if (told.has(offence) || told.size >= OFFENCES_PER_VALIDATOR_MAX) return
    told.add(offence)
    this.#found.push(evidence)
  }
}

function offenceKey(kind: EvidenceKind, view: View): string {
  return `${kind} ${view}`
}

/** A copy: the bloom filter is a view of its message, which for a proposal is a megabyte. */
function ownHeader(header: Header): Header {
  return { ...header, logsBloom: header.logsBloom.slice() }
}
