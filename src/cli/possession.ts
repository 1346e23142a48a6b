/** Shows that a new key is held by who brings it, on one network, and is to make a validator of its own. */
import { type Hex, toHex } from '../base/bytes.ts'
import { possessionDigest } from '../crypto/digests.ts'
import { addressOfPublicKey, createSigner } from '../crypto/secp256k1.ts'
import { readConsensusKey, readPassphrase } from '../node/keys/key-file.ts'
import type { Hash } from '../types/ids.ts'
import { unwrap } from './failure.ts'
import type { CliIo } from './io.ts'

interface Unlocking {
  readonly passphraseFile?: string
}

/** A person at the keyboard is asked for the passphrase of a locked key when it was not given. */
export async function proofOfPossession(
  path: string,
  genesisHash: Hash,
  { passphraseFile }: Unlocking,
  io: CliIo,
): Promise<Hex> {
  const given = unwrap(readPassphrase(passphraseFile ?? null))
  const inTheOpen = given === null && io.interactive ? readConsensusKey(path, null) : undefined
  const passphrase = inTheOpen?.ok === false ? await io.askSecret(`passphrase for ${path}: `) : given
  const signer = createSigner(unwrap(readConsensusKey(path, passphrase)))
  const { publicKey } = signer
  return toHex(signer.sign(possessionDigest(genesisHash, publicKey, addressOfPublicKey(publicKey))).signature)
}
