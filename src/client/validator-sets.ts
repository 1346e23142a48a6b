/**
 * How trust grows: the last block of each epoch, final by the signatures of its validators, commits to
 * those of the next one.
 */
import type { Epoch } from '../types/ids.ts'
import { type Validator, ValidatorSet } from '../types/validator-set.ts'
import { verifyCertifiedHeader } from './finality.ts'
import { type Json, readList, readNatural, readObject } from './read-json.ts'
import { namedMembers, readMembers, type Trust, type TrustedEpoch } from './trust.ts'
import { VerificationError } from './verification-error.ts'

/**
 * Trust in as many further epochs as the proof leads to. Epochs that are trusted already stay as they are:
 * a proof that says otherwise of one is refused, for its validators have signed two ends of it.
 * @param proof as `bft_getValidatorSetProof` answers.
 * @throws VerificationError; then nothing of the proof is taken.
 */
export function verifyValidatorSets(proof: unknown, trust: Trust): Trust {
  const links = readList(readObject(proof, 'validator set proof')['links'], 'link', readObject)
  const epochs = [...trust.epochs]
  const grown: Trust = { ...trust, epochs }
  for (const link of links) {
    const next = nextEpoch(link, grown)
    if (next !== undefined) epochs.push(next)
  }
  return epochs.length === trust.epochs.length ? trust : grown
}

/** Undefined when the link leads to an epoch that is trusted already; that of epoch 0 says what genesis does. */
function nextEpoch(link: Json, trust: Trust): TrustedEpoch | undefined {
  const epoch = readNatural(link['epoch'], 'epoch')
  if (epoch === 0) return undefined
  const { hash, header } = verifyCertifiedHeader(link, trust)
  const { end, epoch: epochOfHeader } = header.consensus
  if (epochOfHeader !== epoch || !end) {
    throw new VerificationError('wrongValidators', `the proof of epoch ${epoch} is not of its last block`)
  }
  const known = trust.epochs[epoch]
  if (known?.root.hash === hash) return undefined
  if (known !== undefined) throw new VerificationError('wrongValidators', `epoch ${epoch} has ended otherwise before`)
  const members = link['validators'] === null ? membersOf(trust, epoch) : readMembers(link['validators'])
  const validators = new ValidatorSet(epoch + 1, namedMembers(header, members), trust.faultModel)
  return { root: { hash, height: header.height }, validators }
}

function membersOf({ epochs }: Trust, epoch: Epoch): readonly Validator[] {
  return epochs[epoch - 1]?.validators.members ?? []
}
