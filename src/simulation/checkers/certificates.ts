/**
 * INVARIANT, counted anew: a quorum is n − t distinct members with good
 * signatures; one block a view is certified; what is certified later extends what was final before.
 */

import { defined } from '../../base/invariant.ts'
import type { Effect } from '../../consensus/effects.ts'
import type { Event } from '../../consensus/events.ts'
import { hashHeader } from '../../crypto/digests.ts'
import { StatementDigests } from '../../crypto/statement-digests.ts'
import type { Block } from '../../types/block.ts'
import type { CommitCertificate, QuorumCertificate, TimeoutCertificate } from '../../types/certificate.ts'
import type { FinalityProof } from '../../types/finality.ts'
import type { Header } from '../../types/header.ts'
import type { Epoch, Hash, View } from '../../types/ids.ts'
import type { Statement } from '../../types/signing-domain.ts'
import type { ValidatorSet } from '../../types/validator-set.ts'
import type { Checker } from '../checker.ts'
import type { EpochBook } from '../epoch-book.ts'
import type { SimulatedCrypto } from '../host/simulated-crypto.ts'
import type { SimulatedGenesis } from '../simulated-genesis.ts'
import { SimulationFailure } from '../simulation-failure.ts'
import { justificationFault } from './justification-fault.ts'

interface Known {
  readonly parentHash: Hash
  readonly view: View
}

/** What was seen of one epoch. */
interface SeenEpoch {
  readonly certified: Map<View, Hash>
  /** Of the newest TC that was looked at. */
  timedOutView: View
  /** The highest final block that a certificate of its own made so. */
  final: { readonly view: View; readonly hash: Hash } | null
}

export class CertificateChecker implements Checker {
  readonly #digests: StatementDigests
  readonly #crypto: SimulatedCrypto
  readonly #members: Pick<EpochBook, 'validatorsOf' | 'rootOf'>
  readonly #blocks = new Map<Hash, Known>()
  readonly #epochs = new Map<Epoch, SeenEpoch>()
  readonly #justified = new WeakSet<Block>()

  constructor(genesis: SimulatedGenesis, members: Pick<EpochBook, 'validatorsOf' | 'rootOf'>, crypto: SimulatedCrypto) {
    this.#digests = new StatementDigests(genesis.block.block.hash)
    this.#members = members
    this.#crypto = crypto
  }

  onStep(node: { readonly isByzantine: boolean }, event: Event, effects: readonly Effect[]): void {
    if (node.isByzantine) return
    for (const effect of effects) {
      if (effect.kind === 'storeBlock') this.#know(effect.block)
      else if (effect.kind === 'commit') this.#onCommit(effect.finality, effect.blocks)
    }
    if (event.kind === 'proposal') {
      this.#requireJustification(event.proposal.block)
      this.#onQc(event.proposal.block.justify)
    }
    if (event.kind === 'certificates') {
      this.#onQc(event.bundle.highQc)
      if (event.bundle.tc !== null) this.#onTc(event.bundle.tc)
    } else if (event.kind === 'timeout') {
      this.#onQc(event.message.highQc)
      if (event.message.tc !== null) this.#onTc(event.message.tc)
    }
  }

  /** What an honest core takes has been judged: nothing unjustified comes so far. */
  #requireJustification(block: Block): void {
    if (this.#justified.has(block)) return
    const fault = justificationFault(block)
    if (fault !== null) throw new SimulationFailure('unjustified block', `the proposal of block ${block.hash} ${fault}`)
    // These bytes, whatever others say the same: who fetches the block has no others.
    const { epoch, view, blockHash, justifyView } = block.justify
    if (view > 0) this.#requireQuorum({ kind: 'vote', epoch, view, blockHash, justifyView }, block.justify)
    if (block.tc !== null) this.#requireTimeouts(block.tc)
    this.#justified.add(block)
  }

  #know(block: Block): void {
    const { parentHash, consensus } = block.header
    this.#blocks.set(block.hash, { parentHash, view: consensus.view })
  }

  #seen(epoch: Epoch): SeenEpoch {
    const seen = this.#epochs.get(epoch) ?? { certified: new Map(), timedOutView: 0, final: null }
    this.#epochs.set(epoch, seen)
    return seen
  }

  #onQc(qc: QuorumCertificate): void {
    const { epoch, view, blockHash, justifyView } = qc
    if (view === 0) {
      if (blockHash !== this.#members.rootOf(epoch))
        throw new SimulationFailure('bad certificate', `block ${blockHash} is not the root of epoch ${epoch}`)
      return
    }
    const seen = this.#seen(epoch)
    const before = seen.certified.get(view)
    if (before === blockHash) return
    if (before !== undefined)
      throw new SimulationFailure('two QCs', `view ${view} certifies ${before} and ${blockHash}`)
    this.#requireQuorum({ kind: 'vote', epoch, view, blockHash, justifyView }, qc)
    seen.certified.set(view, blockHash)
    if (seen.final !== null && view >= seen.final.view) this.#requireDescent(view, blockHash, seen)
  }

  #onTc(tc: TimeoutCertificate): void {
    const seen = this.#seen(tc.epoch)
    if (tc.view > seen.timedOutView) {
      this.#requireTimeouts(tc)
      seen.timedOutView = tc.view
    }
    this.#onQc(tc.highQc)
    const { final } = seen
    if (final !== null && tc.view >= final.view && tc.highQc.view < final.view)
      throw new SimulationFailure(
        'hidden lock',
        `the TC of view ${tc.view} knows no QC above ${tc.highQc.view}, but view ${final.view} is final`,
      )
  }

  #onCommit({ certificate, suffix }: FinalityProof, blocks: readonly Block[]): void {
    for (const block of blocks) this.#know(block)
    const { epoch, view, blockHash } = certificate
    requireLink(defined(blocks.at(-1), 'a committed block').hash, suffix, blockHash)
    const seen = this.#seen(epoch)
    if (seen.final !== null && view <= seen.final.view) return
    this.#requireQuorum({ kind: 'commit', epoch, view, blockHash }, certificate)
    seen.final = { view, hash: blockHash }
    for (const [certified, hash] of seen.certified)
      if (certified < view) seen.certified.delete(certified)
      else this.#requireDescent(certified, hash, seen)
  }

  #requireDescent(view: View, hash: Hash, { final }: SeenEpoch): void {
    let at: Hash = hash
    for (let known = this.#blocks.get(at); known !== undefined; known = this.#blocks.get(at)) {
      if (final === null || at === final.hash) return
      if (known.view <= final.view)
        throw new SimulationFailure(
          'fork',
          `the block certified in view ${view} does not extend ${final.hash}, final since view ${final.view}`,
        )
      at = known.parentHash
    }
  }

  #requireTimeouts(tc: TimeoutCertificate): void {
    const { epoch, view, entries, highQc } = tc
    if (entries.some(({ highQcView }) => highQcView >= view))
      throw new SimulationFailure('bad certificate', `timeout of view ${view}: an entry knows a QC of it or later`)
    const validators = this.#members.validatorsOf(epoch)
    const signers = new Set<number>()
    let highest = 0
    for (const { signer, highQcView, signature } of entries) {
      const key = validators.at(signer)?.consensusKey
      const digest = this.#digests.of({ kind: 'timeout', epoch, view, highQcView })
      if (key === undefined || !this.#crypto.verifier.verify(digest, signature, key))
        throw new SimulationFailure('bad certificate', `timeout of view ${view}: signer ${signer} did not sign`)
      signers.add(signer)
      highest = Math.max(highest, highQcView)
    }
    if (signers.size < quorumOf(validators))
      throw new SimulationFailure('bad certificate', `timeout of view ${view}: ${signers.size} signers`)
    if (highQc.view !== highest)
      throw new SimulationFailure('bad certificate', `timeout of view ${view}: QC ${highQc.view}, promised ${highest}`)
  }

  #requireQuorum(statement: Statement, certificate: QuorumCertificate | CommitCertificate): void {
    const validators = this.#members.validatorsOf(statement.epoch)
    const quorum = quorumOf(validators)
    const digest = this.#digests.of(statement)
    let position = 0
    for (let index = 0; index < 8 * certificate.bitmap.length; index++) {
      if ((((certificate.bitmap[index >> 3] as number) >> (index & 7)) & 1) === 0) continue
      const key = validators.at(index)?.consensusKey
      const signature = certificate.signatures[position]
      position += 1
      if (key === undefined || signature === undefined || !this.#crypto.verifier.verify(digest, signature, key))
        throw new SimulationFailure('bad certificate', `view ${statement.view}: signer ${index} did not sign`)
    }
    if (position < quorum)
      throw new SimulationFailure('bad certificate', `view ${statement.view}: ${position} of ${quorum} signers`)
  }
}

function quorumOf({ n }: ValidatorSet): number {
  return n - Math.floor((n - 1) / 3)
}

/** `suffix`: headers from behind the final block to the certified one. */
function requireLink(final: Hash, suffix: readonly Header[], certified: Hash): void {
  let at = final
  for (const header of suffix) {
    if (header.parentHash !== at)
      throw new SimulationFailure('fork', `a suffix does not stand on ${final}, final by it`)
    at = hashHeader(header)
  }
  if (at !== certified) throw new SimulationFailure('fork', `${final} is final by a certificate of ${certified}`)
}
