/**
 * What the core asks its shell to do. The shell carries effects out in order; everything that a
 * `sign` effect depends on (its record and all blocks stored before it) is synced to disk before
 * the signature is made and sent (docs/consensus.md, "What is on disk before what").
 */
import type { Block, Proposal } from '../types/block.ts'
import type { QuorumCertificate, TimeoutCertificate, Vote } from '../types/certificate.ts'
import type { FinalityProof } from '../types/finality.ts'
import type { Epoch, Hash, View } from '../types/ids.ts'
import type { SafetyRecord } from '../types/safety-record.ts'

/** A statement that the safety rules allow, with what travels beside it. */
export type SigningRequest =
  | {
      readonly kind: 'vote'
      readonly epoch: Epoch
      readonly view: View
      readonly blockHash: Hash
      readonly justifyView: View
    }
  | { readonly kind: 'commit'; readonly epoch: Epoch; readonly view: View; readonly blockHash: Hash }
  | {
      readonly kind: 'timeout'
      readonly epoch: Epoch
      readonly view: View
      readonly highQc: QuorumCertificate
      readonly tc: TimeoutCertificate | null
      readonly vote: Vote | null
      readonly proposal: Proposal | null
    }
  | { readonly kind: 'proposal'; readonly epoch: Epoch; readonly view: View; readonly block: Block }

export type TimerName = 'view' | 'flush' | 'nudge' | 'propose' | 'heartbeat'

export interface BuildRequest {
  readonly parentHash: Hash
  readonly view: View
  readonly justify: QuorumCertificate
  readonly tc: TimeoutCertificate | null
  /** Without transactions: only to carry a commit, or because a beat is due. */
  readonly empty: boolean
  /** Behind the last block of the epoch, only to carry its commit. */
  readonly suffix: boolean
}

export type Effect =
  | { readonly kind: 'storeBlock'; readonly block: Block }
  /** Persist the record, sign, broadcast, and deliver to ourselves. */
  | { readonly kind: 'sign'; readonly request: SigningRequest; readonly record: SafetyRecord }
  /** Answered by an `executed` event. */
  | { readonly kind: 'execute'; readonly block: Block }
  /** Answered by a `built` event. */
  | { readonly kind: 'build'; readonly request: BuildRequest }
  /** Final, oldest first, without SUFFIX blocks; the proof is of the last. */
  | { readonly kind: 'commit'; readonly blocks: readonly Block[]; readonly finality: FinalityProof }
  /** The last block committed is the last of the epoch: nothing is signed here any more, and nothing else done. */
  | { readonly kind: 'epochEnded' }
  /** The block and its unknown ancestors; `signers` certify that they hold it. Answered by `blocks`; of no use once a block of `view` or later is committed. */
  | { readonly kind: 'fetch'; readonly hash: Hash; readonly view: View; readonly signers: readonly number[] }
  /** Another block was certified in its view: others hold that block's proposal, and the two together prove a lie. */
  | { readonly kind: 'sendProposal'; readonly proposal: Proposal }
  /** Our highest certificates, to one validator or to all. */
  | { readonly kind: 'sendCertificates'; readonly to: number | 'all' }
  | { readonly kind: 'requestCertificates'; readonly from: readonly number[] }
  /** A view failed while transactions wait: other validators may lack them. */
  | { readonly kind: 'resendTransactions' }
  | { readonly kind: 'setTimer'; readonly timer: TimerName; readonly atMs: number }
  | { readonly kind: 'clearTimer'; readonly timer: TimerName }
  | {
      readonly kind: 'viewEntered'
      readonly view: View
      readonly by: 'qc' | 'tc' | 'recovery'
      readonly leader: number
    }
  | { readonly kind: 'viewTimedOut'; readonly view: View; readonly leader: number; readonly reason: TimeoutReason }
  /** Agreement is broken or our own execution differs: stop, keep the evidence. */
  | {
      readonly kind: 'halt'
      readonly reason: string
      readonly certificates: readonly unknown[]
      /** Certified, and not what our own execution gives. */
      readonly refused: Block | null
    }

export type TimeoutReason = 'no proposal' | 'no quorum' | 'joined others' | 'invalid proposal' | 'equivocation'
