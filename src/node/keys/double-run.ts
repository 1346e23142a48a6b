/**
 * A validator whose key another process signs with, too, is about to sign twice (docs/operations.md, "The signing
 * record"). What this node has signed its record knows, before anybody else does: a signature that the record does
 * not know of is another's.
 */
import type { Event } from '../../consensus/events.ts'
import { type EpochContext, ownKeyIn } from '../../replica/epoch-context.ts'
import type { OwnKey } from '../../replica/own-key.ts'
import { recordOfEpoch } from '../../replica/safety-record-of-epoch.ts'
import type { CommitCertificate, CommitVote, QuorumCertificate, Timeout, Vote } from '../../types/certificate.ts'
import type { View } from '../../types/ids.ts'
import { decodeSafetyRecord, type SafetyRecord } from '../../types/safety-record.ts'
import { signersOf } from '../../types/signer-bitmap.ts'

type Signed = Vote | CommitVote | Timeout | QuorumCertificate | CommitCertificate

const WHAT = ['the vote in view', 'the commit vote in view', 'the timeout of view'] as const

interface Statements {
  readonly votes?: readonly Signed[]
  readonly commitVotes?: readonly Signed[]
  readonly timeouts?: readonly Signed[]
}

/** A signature of this node's key of which its record does not know; null when there is none in the event. */
export function signedElsewhere(event: Event, context: EpochContext, keys: readonly OwnKey[]): string | null {
  const { self } = context
  const { votes = [], commitVotes = [], timeouts = [] } = statementsIn(event)
  const ours = [votes, commitVotes, timeouts].map((statements) => newestOf(statements, self?.index))
  const key = ours.some((view) => view > 0) ? ownKeyIn(context, keys) : null
  const record = key && recordOfEpoch(held(key.signingRecord.payload), context)
  if (record === null) return null
  const known = [record.lastVotedView, record.lastCommitVote?.view ?? 0, record.lastTimeoutView]
  const at = ours.findIndex((view, index) => view > (known[index] ?? 0))
  return at < 0
    ? null
    : `the signing record does not know ${WHAT[at]} ${ours[at]}, which the key of this node has signed`
}

/** Each payload is a new one, and most are asked for several times. */
const decoded = new WeakMap<Uint8Array, SafetyRecord>()

function held(payload: Uint8Array): SafetyRecord {
  const record = decoded.get(payload) ?? decodeSafetyRecord(payload)
  decoded.set(payload, record)
  return record
}

/** The highest view; 0 when none of them is of the signer. */
function newestOf(statements: readonly Signed[], signer: number | undefined): View {
  return Math.max(0, ...statements.filter((each) => isBy(each, signer)).map(({ view }) => view))
}

/** Of one epoch, all verified. */
function statementsIn(event: Event): Statements {
  switch (event.kind) {
    case 'proposal':
      return { votes: [event.proposal.block.justify] }
    case 'vote':
      return { votes: [event.vote] }
    case 'commitVote':
      return { commitVotes: [event.vote] }
    case 'timeout': {
      const { timeout, highQc, vote } = event.message
      return { timeouts: [timeout], votes: vote === null ? [highQc] : [highQc, vote] }
    }
    case 'certificates': {
      const { highQc, commitCertificate } = event.bundle
      return { votes: [highQc], commitVotes: commitCertificate === null ? [] : [commitCertificate] }
    }
    case 'finality':
      return { commitVotes: [event.finality.certificate] }
    // Anchored by hash: what they say of votes is in the certificates that they came with.
    case 'blocks':
    case 'executed':
    case 'built':
    case 'timer':
    case 'payload':
    case 'start':
      return {}
  }
}

function isBy(statement: Signed, signer: number | undefined): boolean {
  if (signer === undefined) return false
  return 'signer' in statement ? statement.signer === signer : signersOf(statement.bitmap).includes(signer)
}
