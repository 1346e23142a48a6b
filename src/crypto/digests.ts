/** The hashes that name and bind protocol structures: keccak256 over their canonical encodings. */
import { encodeRlp } from '../codec/rlp.ts'
import type { QuorumCertificate, TimeoutCertificate } from '../types/certificate.ts'
import { qcItem, tcItem } from '../types/certificate-codec.ts'
import { encodeHeader, type Header } from '../types/header.ts'
import type { Address, Hash } from '../types/ids.ts'
import { possessionPreimage, type Statement, statementPreimage } from '../types/signing-domain.ts'
import { encodeValidators, type Validator } from '../types/validator-set.ts'
import { keccak256, keccak256Hash } from './keccak.ts'

/** The block hash. */
export function hashHeader(header: Header): Hash {
  return keccak256Hash(encodeHeader(header))
}

/** Binds the exact bytes of a block's `justify` into its header. */
export function qcDigest(qc: QuorumCertificate): Hash {
  return keccak256Hash(encodeRlp(qcItem(qc)))
}

export function tcDigest(tc: TimeoutCertificate): Hash {
  return keccak256Hash(encodeRlp(tcItem(tc)))
}

/** `validatorsHash` of the header; members in the order of their set. */
export function hashValidators(members: readonly Validator[]): Hash {
  return keccak256Hash(encodeValidators(members))
}

/** The 32 bytes that a consensus signature is made over. */
export function statementDigest(genesisHash: Hash, statement: Statement): Uint8Array {
  return keccak256(statementPreimage(genesisHash, statement))
}

/** The 32 bytes that a proof of possession is made over. */
export function possessionDigest(genesisHash: Hash, newKey: Uint8Array, owner: Address): Uint8Array {
  return keccak256(possessionPreimage(genesisHash, newKey, owner))
}
