/**
 * Where trust begins: the hash of block 0, which names the network. Its header commits to the
 * validators, so whoever hands them over cannot invent any.
 *
 * Deviation: the chain of validator sets has one link, because the set does not change yet; a
 * certificate of any other epoch is refused.
 */
import { hashHeader, hashValidators } from '../crypto/digests.ts'
import { addressOfPublicKey, isPublicKey } from '../crypto/secp256k1.ts'
import type { FaultModel } from '../types/fault-model.ts'
import { readHeader } from '../types/header.ts'
import { type Hash, parseHash } from '../types/ids.ts'
import { type Validator, ValidatorSet } from '../types/validator-set.ts'
import { readAddress, readBytes, readFlag, readList, readObject, readRlp } from './read-json.ts'
import { VerificationError } from './verification-error.ts'

export interface Trust {
  readonly genesisHash: Hash
  readonly validators: ValidatorSet
}

const FIRST_EPOCH = 1

/**
 * @param genesis hash of block 0, from a source that is trusted.
 * @param genesisHeader RLP of that header, in hexadecimal, from anywhere.
 * @param validators as `bft_getValidators` answers.
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
  const members = readList(validators, 'validator', readValidator)
  if (hashValidators(members) !== header.consensus.validatorsHash) {
    throw new VerificationError('wrongValidators', 'these validators are not those of genesis')
  }
  return { genesisHash, validators: new ValidatorSet(FIRST_EPOCH, members, faultModel) }
}

function readValidator(value: unknown): Validator {
  const fields = readObject(value, 'validator')
  const consensusKey = readBytes(fields['consensusKey'], 'consensus key')
  const address = readAddress(fields['address'], 'address of a validator')
  if (!isPublicKey(consensusKey) || addressOfPublicKey(consensusKey) !== address) {
    throw new VerificationError('wrongValidators', 'a validator whose key is not that of its address')
  }
  return { address, consensusKey, leads: readFlag(fields['leads'], 'flag of a validator') }
}
