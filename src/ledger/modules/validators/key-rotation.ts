/** Keys come with a proof that who holds them wants them to be this validator's; nobody can take another's. */
import { fromHex, type Hex } from '../../../base/bytes.ts'
import { possessionDigest } from '../../../crypto/digests.ts'
import { addressOfPublicKey, isPublicKey } from '../../../crypto/secp256k1.ts'
import type { Address } from '../../../types/ids.ts'
import { MODULE_GAS } from '../../gas.ts'
import { findOpen } from '../../system/open-proposals.ts'
import { isLeaving, readNewKey, writeNewKey } from '../../system/pending-changes.ts'
import { removalTopic } from '../../system/proposals.ts'
import { readKeyOwner, writeKeyOwner } from '../../system/validator-records.ts'
import type { CallingContext } from './abi.ts'
import { makeDueAndLog } from './change-log.ts'
import { callingValidator } from './membership.ts'
import { enqueue } from './tally.ts'

/** In force from the next epoch on, and nobody else's from now on. Nobody escapes a removal by it. */
export function rotateKey(context: CallingContext, [newKey, proof]: readonly [Hex, Hex]): void {
  const { words, rules, block } = context
  const { address } = callingValidator(context)
  const accusation = findOpen(words, removalTopic(address), { governance: rules.governance, height: block.height })
  if (accusation !== undefined || isLeaving(words, address)) context.revert('Closed', [])
  if (readNewKey(words, address).length > 0) context.revert('BadKey', ['pending'])
  const key = provenKey(context, newKey, proof, address)
  const signer = addressOfPublicKey(key)
  if (readKeyOwner(words, signer) !== undefined) context.revert('BadKey', ['taken'])
  writeKeyOwner(words, signer, address)
  writeNewKey(words, address, key)
  enqueue(words, { kind: 'rotate', subject: address })
  makeDueAndLog(context)
}

/** Without `owner`, for whoever the key itself makes a validator of: the one whose id is the key's address. */
export function provenKey(context: CallingContext, publicKey: Hex, proof: Hex, owner?: Address): Uint8Array {
  const { genesisHash, verifier } = context.rules
  const key = fromHex(publicKey)
  context.charge(MODULE_GAS.signatureCheck)
  if (!isPublicKey(key)) context.revert('BadKey', ['form'])
  const digest = possessionDigest(genesisHash, key, owner ?? addressOfPublicKey(key))
  if (!verifier.verify(digest, fromHex(proof), key)) context.revert('BadKey', ['proof'])
  return key
}
