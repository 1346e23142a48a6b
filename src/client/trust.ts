/**
 * Where trust begins: the hash of block 0, which names the network. Its header commits to the first
 * validators, so whoever hands them over cannot invent any.
 */
import { hashHeader, hashValidators } from '../crypto/digests.ts'
import { isPublicKey } from '../crypto/secp256k1.ts'
import type { FaultModel } from '../types/fault-model.ts'
import { type Header, readHeader } from '../types/header.ts'
import { type Hash, type Height, parseHash } from '../types/ids.ts'
import { type Validator, ValidatorSet } from '../types/validator-set.ts'
import { readAddress, readBytes, readFlag, readList, readObject, readRlp } from './read-json.ts'
import { VerificationError } from './verification-error.ts'

export interface Trust {
  readonly genesisHash: Hash
  readonly faultModel: FaultModel
  /**
   * Epoch e at index e - 1. BOUND: one for each epoch that its validators have ended; of sets that
   * follow each other unchanged the members are held once.
   */
  readonly epochs: readonly TrustedEpoch[]
}

export interface TrustedEpoch {
  /** The block before its first one: the last of the epoch before, or genesis. */
  readonly root: { readonly hash: Hash; readonly height: Height }
  readonly validators: ValidatorSet
}

const FIRST_EPOCH = 1

/**
 * Trust in the first epoch.
 * @param genesis hash of block 0, from a source that is trusted.
 * @param genesisHeader RLP of that header, in hexadecimal, from anywhere.
 * @param validators as the link of epoch 0 in what `bft_getValidatorSetProof` answers has them.
 * @param faultModel of the network; 'byzantine' asks for the larger quorum.
 * @throws VerificationError
 */
export function trustGenesis(
  genesis: string,
  genesisHeader: unknown,
  validators: unknown,
  faultModel: FaultModel = 'byzantine',
): Trust {
  const genesisHash = parseHash(genesis)
  if (genesisHash === undefined) throw new TypeError('a genesis is named by 0x and 64 hexadecimal digits')
  const header = readRlp(readBytes(genesisHeader, 'genesis header'), 'genesis header', readHeader)
  if (hashHeader(header) !== genesisHash) {
    throw new VerificationError('wrongGenesis', `the server is of the network ${hashHeader(header)}`)
  }
  const set = new ValidatorSet(FIRST_EPOCH, namedMembers(header, readMembers(validators)), faultModel)
  return { genesisHash, faultModel, epochs: [{ root: { hash: genesisHash, height: 0 }, validators: set }] }
}

/** @throws VerificationError unless these are the validators that the header names for the epoch behind it. */
export function namedMembers({ consensus }: Header, members: readonly Validator[]): readonly Validator[] {
  if (hashValidators(members) === consensus.nextValidatorsHash) return members
  throw new VerificationError(
    'wrongValidators',
    `these are not the validators that follow epoch ${consensus.epoch}, as its last block names them`,
  )
}

/** A validator keeps its address when it changes its key; only the hash says which key belongs to whom. */
export function readMembers(validators: unknown): readonly Validator[] {
  const members = readList(validators, 'validator', (value): Validator => {
    const fields = readObject(value, 'validator')
    const consensusKey = readBytes(fields['consensusKey'], 'consensus key')
    if (!isPublicKey(consensusKey)) throw new VerificationError('wrongValidators', 'a validator without a key')
    const address = readAddress(fields['address'], 'address of a validator')
    return { address, consensusKey, leads: readFlag(fields['leads'], 'flag of a validator') }
  })
  const isOrdered = members.every(({ address }, index) => index === 0 || (members[index - 1]?.address ?? '') < address)
  if (members.length > 0 && isOrdered) return members
  throw new VerificationError('wrongValidators', 'validators out of order')
}
