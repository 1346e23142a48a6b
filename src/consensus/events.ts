/** What the core is told. Everything from outside has been judged by `validation/`. */
import type { Block, Proposal } from '../types/block.ts'
import type { CommitVote, Vote } from '../types/certificate.ts'
import type { CertificateBundle, TimeoutMessage } from '../types/consensus-message.ts'
import type { FinalityProof } from '../types/finality.ts'
import type { Hash, View } from '../types/ids.ts'
import type { Verified } from '../types/verified.ts'
import type { TimerName } from './effects.ts'

export type Event =
  | { readonly kind: 'proposal'; readonly proposal: Verified<Proposal> }
  | { readonly kind: 'vote'; readonly vote: Verified<Vote> }
  | { readonly kind: 'commitVote'; readonly vote: Verified<CommitVote> }
  | { readonly kind: 'timeout'; readonly message: Verified<TimeoutMessage> }
  | { readonly kind: 'certificates'; readonly bundle: Verified<CertificateBundle> }
  /** Fetched blocks, anchored by hash in a verified certificate; oldest first. */
  | { readonly kind: 'blocks'; readonly blocks: readonly Verified<Block>[] }
  /** Learned with blocks that it makes final, or as the end of the epoch. */
  | { readonly kind: 'finality'; readonly finality: Verified<FinalityProof> }
  /** `valid` is whether our own execution gave what the header says. */
  | { readonly kind: 'executed'; readonly hash: Hash; readonly valid: boolean; readonly reason: string }
  /** Null when the block could not be built. */
  | { readonly kind: 'built'; readonly view: View; readonly block: Verified<Block> | null }
  | { readonly kind: 'timer'; readonly timer: TimerName }
  /** Whether the pool holds an executable transaction that the chain of the highest QC lacks. */
  | { readonly kind: 'payload'; readonly available: boolean }
  /** Recovery is over: timers may run and signatures may be made. */
  | { readonly kind: 'start' }
