/**
 * A chain of final headers that real keys have signed, epoch after epoch, and a server that proves it:
 * what a client sees of a network whose validators change.
 */
import { toHex } from '../../../src/base/bytes.ts'
import { hashHeader, hashValidators, statementDigest } from '../../../src/crypto/digests.ts'
import { addressOfPublicKey, createSigner, type Signer } from '../../../src/crypto/secp256k1.ts'
import type { Header } from '../../../src/types/header.ts'
import { encodeHeader } from '../../../src/types/header.ts'
import { type Address, type Hash, ZERO_ADDRESS, ZERO_HASH } from '../../../src/types/ids.ts'
import { bitmapOf } from '../../../src/types/signer-bitmap.ts'
import { type Validator, ValidatorSet } from '../../../src/types/validator-set.ts'

const ROOT = `0x${'11'.repeat(32)}` as Hash

export interface Member extends Validator {
  readonly signer: Signer
}

/** With the key of this number; of an id of its own once the key has been changed. */
export function member(key: number, id?: Address): Member {
  const signer = createSigner(new Uint8Array(32).fill(key))
  return {
    signer,
    address: id ?? addressOfPublicKey(signer.publicKey),
    consensusKey: signer.publicKey,
    leads: true,
  }
}

interface Signed {
  readonly headers: readonly string[]
  readonly certificate: Record<string, unknown> | null
}

interface EpochOfChain {
  readonly set: ValidatorSet
  readonly signers: ReadonlyMap<Address, Signer>
}

export class SignedChain {
  readonly blocks: { readonly hash: Hash; readonly header: Header; readonly proof: Signed }[] = []
  readonly #epochs: EpochOfChain[] = []
  readonly links: Record<string, unknown>[] = []

  constructor(first: readonly Member[]) {
    const epoch = epochOf(1, first)
    const { members } = epoch.set
    const hash = hashValidators(members)
    const genesis = headerWith({ height: 0 }, { epoch: 0, validatorsHash: hash, nextValidatorsHash: hash })
    const proof = { headers: [toHex(encodeHeader(genesis))], certificate: null }
    this.blocks.push({ hash: hashHeader(genesis), header: genesis, proof })
    this.links.push({ epoch: 0, ...proof, validators: shown(members) })
    this.#epochs.push(epoch)
  }

  get genesisHash(): Hash {
    return (this.blocks[0] as { hash: Hash }).hash
  }

  get epoch(): number {
    return this.#epochs.length
  }

  /** A block of the running epoch, signed by a quorum of its validators, or by those of another epoch. */
  grow(signingEpoch = this.epoch): void {
    const header = this.headerOf(this.epoch)
    this.blocks.push({ hash: hashHeader(header), header, proof: this.certified([header], signingEpoch) })
  }

  /** Ends the epoch; the certificate is of a suffix block so far behind the last one. */
  endEpoch(next: readonly Member[], suffixLength = 0): void {
    const { epoch } = this
    const following = epochOf(epoch + 1, next)
    const nextValidatorsHash = hashValidators(following.set.members)
    const end = this.headerOf(epoch, { end: true, nextValidatorsHash })
    const headers = [end]
    for (let view = 1; view <= suffixLength; view++) headers.push(suffixOf(end, headers.at(-1) as Header, view))
    const proof = this.certified(headers, epoch)
    this.blocks.push({ hash: hashHeader(end), header: end, proof })
    const isSame = end.consensus.validatorsHash === nextValidatorsHash
    this.links.push({ epoch, ...proof, validators: isSame ? null : shown(following.set.members) })
    this.#epochs.push(following)
  }

  /** On the head, as a block of any epoch, unsigned. */
  headerOf(epoch: number, consensus: Partial<Header['consensus']> = {}): Header {
    const parent = this.blocks.at(-1) as { hash: Hash; header: Header }
    const hash = hashValidators((this.#epochs[epoch - 1] as EpochOfChain).set.members)
    const height = parent.header.height + 1
    return headerWith(
      { height, parentHash: parent.hash },
      { epoch, view: height, validatorsHash: hash, nextValidatorsHash: hash, ...consensus },
    )
  }

  /** With the signatures of the epoch's first validators, a quorum of them, for the last header. */
  certified(headers: readonly Header[], epoch: number, certificateEpoch = epoch): Signed {
    const { set, signers } = this.#epochs[epoch - 1] as EpochOfChain
    const last = headers.at(-1) as Header
    const blockHash = hashHeader(last)
    const { view } = last.consensus
    const digest = statementDigest(this.genesisHash, { kind: 'commit', epoch: certificateEpoch, view, blockHash })
    const chosen = set.members.slice(0, set.quorum)
    const signatures = chosen.map(({ address }) => toHex((signers.get(address) as Signer).sign(digest).signature))
    const indices = chosen.map((_, index) => index)
    const bitmap = toHex(bitmapOf(indices, set.n))
    return {
      headers: headers.map((header) => toHex(encodeHeader(header))),
      certificate: { epoch: certificateEpoch, view, blockHash, bitmap, signatures },
    }
  }

  /** Answers as an honest server does, in pages of so many links. */
  answer(method: string, params: readonly unknown[], page = 256): unknown {
    if (method === 'bft_getValidatorSetProof') {
      const from = Number(params[0])
      return { fromEpoch: from, toEpoch: this.epoch, links: this.links.slice(from, from + page) }
    }
    if (method !== 'bft_getFinalityProof') throw new Error(`nobody answers ${method}`)
    const [id] = params
    const block =
      id === 'latest'
        ? this.blocks.at(-1)
        : this.blocks.find(({ hash, header }) => hash === id || header.height === Number(id))
    if (block === undefined) throw new Error('header not found')
    return block.proof
  }
}

function epochOf(epoch: number, members: readonly Member[]): EpochOfChain {
  const set = new ValidatorSet(
    epoch,
    members.map(({ address, consensusKey, leads }) => ({ address, consensusKey, leads })),
    'byzantine',
  )
  return { set, signers: new Map(members.map(({ address, signer }) => [address, signer])) }
}

function shown(members: readonly Validator[]) {
  return members.map(({ address, consensusKey, leads }) => ({ address, consensusKey: toHex(consensusKey), leads }))
}

function suffixOf(end: Header, parent: Header, view: number): Header {
  const consensus = { ...end.consensus, view: end.consensus.view + view, end: false, suffix: true }
  return { ...end, parentHash: hashHeader(parent), consensus }
}

function headerWith(fields: Partial<Header>, consensus: Partial<Header['consensus']>): Header {
  return {
    ...{ parentHash: ZERO_HASH, miner: ZERO_ADDRESS, stateRoot: ROOT, transactionsRoot: ROOT, receiptsRoot: ROOT },
    ...{ logsBloom: new Uint8Array(256), height: 0, gasLimit: 30_000_000, gasUsed: 0, baseFeePerGas: 1n },
    ...fields,
    consensus: {
      ...{ epoch: 0, view: 0, justifyView: 0, justifyDigest: ZERO_HASH, tcDigest: null },
      ...{ validatorsHash: ZERO_HASH, nextValidatorsHash: ZERO_HASH, end: false, suffix: false },
      timeMs: 1_700_000_000_000 + (fields.height ?? 0) * 1_000,
      ...consensus,
    },
  }
}
