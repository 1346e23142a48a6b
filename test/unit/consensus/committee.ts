/** Validators with keys, and everything that they can sign: what tests of agreement are written in. */

import { utf8 } from '../../../src/base/bytes.ts'
import { defined } from '../../../src/base/invariant.ts'
import { hashHeader, hashValidators, qcDigest, statementDigest, tcDigest } from '../../../src/crypto/digests.ts'
import { keccak256, keccak256Hash } from '../../../src/crypto/keccak.ts'
import { addressOfPublicKey, createSigner, type Signer } from '../../../src/crypto/secp256k1.ts'
import { orderedTrieRoot } from '../../../src/trie/ordered-root.ts'
import type { Block, Proposal } from '../../../src/types/block.ts'
import {
  type CommitCertificate,
  type CommitVote,
  type QuorumCertificate,
  rootQc,
  type Timeout,
  type TimeoutCertificate,
  type Vote,
} from '../../../src/types/certificate.ts'
import type { TimeoutMessage } from '../../../src/types/consensus-message.ts'
import type { FaultModel } from '../../../src/types/fault-model.ts'
import type { ConsensusFields, Header } from '../../../src/types/header.ts'
import { type Epoch, type Hash, hashFromBytes, type View } from '../../../src/types/ids.ts'
import { bitmapOf } from '../../../src/types/signer-bitmap.ts'
import type { Statement } from '../../../src/types/signing-domain.ts'
import { ValidatorSet } from '../../../src/types/validator-set.ts'

export interface CommitteeOptions {
  readonly epoch?: Epoch
  readonly model?: FaultModel
  readonly network?: string
  /** Without it signatures are digests of signer and statement: for tests of what never checks them. */
  readonly signed?: boolean
}

export interface BlockOptions {
  readonly view: View
  /** The block that `justify` certifies; undefined for the root. */
  readonly parent?: Block | undefined
  readonly justify: QuorumCertificate
  readonly tc?: TimeoutCertificate | null
  readonly transactions?: readonly Uint8Array[]
  readonly header?: Partial<Omit<Header, 'consensus'>>
  readonly consensus?: Partial<ConsensusFields>
}

export const START_MS = 1_700_000_000_000

export function namedHash(name: string): Hash {
  return keccak256Hash(utf8(name))
}

/** Validator i of a committee has the key keccak256('validator i'): the same in every run. */
export class Committee {
  readonly set: ValidatorSet
  readonly genesisHash: Hash
  readonly rootHash: Hash
  readonly root: QuorumCertificate
  readonly #signers: readonly Signer[]
  readonly #isSigned: boolean

  constructor(n: number, options: CommitteeOptions = {}) {
    const { epoch = 1, model = 'byzantine', network = 'test', signed = false } = options
    const bySignature = Array.from({ length: n }, (_, index) => createSigner(keccak256(utf8(`validator ${index}`))))
    const members = bySignature.map(({ publicKey }) => ({
      address: addressOfPublicKey(publicKey),
      consensusKey: publicKey,
      leads: true,
    }))
    this.set = new ValidatorSet(epoch, members, model)
    this.#signers = this.set.members.map(({ consensusKey }) =>
      defined(
        bySignature.find(({ publicKey }) => publicKey === consensusKey),
        'the signer of a key',
      ),
    )
    this.genesisHash = namedHash(`genesis of ${network}`)
    this.rootHash = namedHash(`root of epoch ${epoch}`)
    this.root = rootQc(epoch, this.rootHash)
    this.#isSigned = signed
  }

  get all(): readonly number[] {
    return this.set.members.map((_, index) => index)
  }

  /** The first q validators. */
  get quorum(): readonly number[] {
    return this.all.slice(0, this.set.quorum)
  }

  leaderOf(view: View): number {
    return view % this.set.n
  }

  sign(signer: number, statement: Statement): Uint8Array {
    const digest = statementDigest(this.genesisHash, statement)
    if (this.#isSigned) return defined(this.#signers[signer], 'a signer').sign(digest).signature
    const token = new Uint8Array(64)
    token.set(digest)
    token[63] = signer
    return token
  }

  vote(signer: number, view: View, blockHash: Hash, justifyView: View = view - 1): Vote {
    const { epoch } = this.set
    const signature = this.sign(signer, { kind: 'vote', epoch, view, blockHash, justifyView })
    return { epoch, view, blockHash, justifyView, signer, signature }
  }

  commitVote(signer: number, view: View, blockHash: Hash): CommitVote {
    const { epoch } = this.set
    return { epoch, view, blockHash, signer, signature: this.sign(signer, { kind: 'commit', epoch, view, blockHash }) }
  }

  timeout(signer: number, view: View, highQcView: View): Timeout {
    const { epoch } = this.set
    const signature = this.sign(signer, { kind: 'timeout', epoch, view, highQcView })
    return { epoch, view, highQcView, signer, signature }
  }

  timeoutMessage(
    signer: number,
    view: View,
    highQc: QuorumCertificate,
    parts: Partial<Pick<TimeoutMessage, 'tc' | 'vote' | 'proposal'>> = {},
  ): TimeoutMessage {
    return { timeout: this.timeout(signer, view, highQc.view), highQc, tc: null, vote: null, proposal: null, ...parts }
  }

  qc(view: View, blockHash: Hash, justifyView: View = view - 1, signers = this.quorum): QuorumCertificate {
    return {
      epoch: this.set.epoch,
      view,
      blockHash,
      justifyView,
      bitmap: bitmapOf(signers, this.set.n),
      signatures: signers.map((signer) => this.vote(signer, view, blockHash, justifyView).signature),
    }
  }

  qcOf(block: Block, signers = this.quorum): QuorumCertificate {
    return this.qc(block.header.consensus.view, block.hash, block.justify.view, signers)
  }

  commitQc(view: View, blockHash: Hash, signers = this.quorum): CommitCertificate {
    return {
      epoch: this.set.epoch,
      view,
      blockHash,
      bitmap: bitmapOf(signers, this.set.n),
      signatures: signers.map((signer) => this.commitVote(signer, view, blockHash).signature),
    }
  }

  commitQcOf(block: Block, signers = this.quorum): CommitCertificate {
    return this.commitQc(block.header.consensus.view, block.hash, signers)
  }

  /** All signers name the view of `highQc`, unless `views` says otherwise for some. */
  tc(
    view: View,
    highQc: QuorumCertificate,
    signers = this.quorum,
    views: Readonly<Record<number, View>> = {},
  ): TimeoutCertificate {
    const entries = signers.map((signer) => {
      const highQcView = views[signer] ?? highQc.view
      return { signer, highQcView, signature: this.timeout(signer, view, highQcView).signature }
    })
    return { epoch: this.set.epoch, view, entries, highQc }
  }

  block(options: BlockOptions): Block {
    const { view, parent, justify, tc = null, transactions = [] } = options
    const validatorsHash = hashValidators(this.set.members)
    const leader = defined(this.set.at(this.leaderOf(view)), 'the leader')
    const header: Header = {
      parentHash: justify.blockHash,
      miner: leader.address,
      stateRoot: namedHash('state'),
      transactionsRoot: hashFromBytes(orderedTrieRoot(transactions)),
      receiptsRoot: namedHash('receipts'),
      logsBloom: new Uint8Array(256),
      height: (parent?.header.height ?? 0) + 1,
      gasLimit: 30_000_000,
      gasUsed: 21_000 * transactions.length,
      baseFeePerGas: 1_000_000_000n,
      ...options.header,
      consensus: {
        epoch: this.set.epoch,
        view,
        justifyView: justify.view,
        justifyDigest: qcDigest(justify),
        tcDigest: tc === null ? null : tcDigest(tc),
        validatorsHash,
        nextValidatorsHash: validatorsHash,
        end: false,
        suffix: false,
        timeMs: (parent?.header.consensus.timeMs ?? START_MS) + 1,
        ...options.consensus,
      },
    }
    return { hash: hashHeader(header), header, justify, tc, transactions }
  }

  /** Blocks of views 1 … count, each certified in its view. */
  chain(count: number, from?: Block): Block[] {
    const blocks: Block[] = []
    let parent = from
    for (let n = 0; n < count; n++) {
      const justify = parent === undefined ? this.root : this.qcOf(parent)
      parent = this.block({ view: justify.view + 1, parent, justify })
      blocks.push(parent)
    }
    return blocks
  }

  proposal(block: Block, signer = this.leaderOf(block.header.consensus.view)): Proposal {
    const { epoch, view } = block.header.consensus
    return { block, signature: this.sign(signer, { kind: 'proposal', epoch, view, blockHash: block.hash }) }
  }
}
