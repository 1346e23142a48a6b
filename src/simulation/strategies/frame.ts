/**
 * Gossips evidence against honest validators, made of what they did sign: of two views, one statement
 * twice, a timeout that came before the vote, a vote for another block than it was given for, and
 * of what the same key signs in another network.
 */
import { statementDigest } from '../../crypto/digests.ts'
import type { DirectMessage } from '../../network/messages.ts'
import type { QuorumCertificate, Timeout, TimeoutCertificate, Vote } from '../../types/certificate.ts'
import { type Evidence, encodeEvidence } from '../../types/evidence.ts'
import { ZERO_HASH } from '../../types/ids.ts'
import { signersOf } from '../../types/signer-bitmap.ts'
import { voteStatement } from '../../types/signing-domain.ts'
import { type Liar, messageStrategy } from '../strategy.ts'

const HEARD_MAX = 64

export const frame = messageStrategy((liar) => {
  const votes: Vote[] = []
  const timeouts: Timeout[] = []
  return (message) => {
    const { qc, tc } = certificatesIn(message)
    if (qc !== null) votes.push(...votesIn(qc).filter(({ signer }) => signer !== liar.self))
    if (tc !== null) timeouts.push(...timeoutsIn(tc).filter(({ signer }) => signer !== liar.self))
    votes.splice(0, votes.length - HEARD_MAX)
    timeouts.splice(0, timeouts.length - HEARD_MAX)
    const vote = liar.random.chance(0.2) ? votes[liar.random.below(Math.max(1, votes.length))] : undefined
    if (vote !== undefined) accuse(liar, accusations(liar, vote, votes, timeouts))
    return [message]
  }
})

function accuse(liar: Liar, accusations: readonly Evidence[]): void {
  const evidence = accusations[liar.random.below(accusations.length)]
  if (evidence !== undefined) liar.node.links.publish('evidence', encodeEvidence(evidence))
}

export function accusations(
  liar: Liar,
  vote: Vote,
  votes: readonly Vote[],
  timeouts: readonly Timeout[],
): readonly Evidence[] {
  const other = { ...vote, blockHash: liar.world.genesis.block.block.hash }
  const elsewhere = { ...other, signature: signElsewhere(liar, other) }
  return [
    { kind: 'doubleVote', first: vote, second: vote },
    { kind: 'doubleVote', first: vote, second: other },
    { kind: 'doubleVote', first: vote, second: elsewhere },
    ...votes
      .filter(({ signer, view }) => signer === vote.signer && view !== vote.view)
      .map((second): Evidence => ({ kind: 'doubleVote', first: vote, second })),
    ...timeouts
      .filter(({ signer }) => signer === vote.signer)
      .map((timeout): Evidence => ({ kind: 'hiddenLock', vote, timeout })),
  ]
}

/** Its operator runs another network with the same key. */
function signElsewhere({ world, validators }: Liar, vote: Vote): Uint8Array {
  const digest = statementDigest(ZERO_HASH, voteStatement(vote))
  const signer = validators.at(vote.signer)?.address
  return (
    world.genesis.identities.find(({ address }) => address === signer)?.signer.sign(digest).signature ?? vote.signature
  )
}

export function certificatesIn(message: DirectMessage): {
  readonly qc: QuorumCertificate | null
  readonly tc: TimeoutCertificate | null
} {
  if (message.kind === 'proposal') return { qc: message.proposal.block.justify, tc: message.proposal.block.tc }
  if (message.kind === 'timeout') return { qc: message.message.highQc, tc: message.message.tc }
  if (message.kind === 'certificates') return { qc: message.bundle.highQc, tc: message.bundle.tc }
  return { qc: null, tc: null }
}

export function votesIn({ epoch, view, blockHash, justifyView, bitmap, signatures }: QuorumCertificate): Vote[] {
  return signersOf(bitmap).flatMap((signer, index) => {
    const signature = signatures[index]
    return signature === undefined ? [] : [{ epoch, view, blockHash, justifyView, signer, signature }]
  })
}

function timeoutsIn({ epoch, view, entries }: TimeoutCertificate): Timeout[] {
  return entries.map(({ signer, highQcView, signature }) => ({ epoch, view, highQcView, signer, signature }))
}
