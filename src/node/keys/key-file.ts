/**
 * The files of private keys. A consensus key is kept as Web3 Secret Storage version 3 (scrypt,
 * AES-128-CTR, keccak256 as MAC), which other tools read, or in the open for networks where that
 * is meant. The public part stands beside it, so that nobody has to unlock a key to show it.
 */
import { createCipheriv, createDecipheriv, randomBytes, randomUUID, scryptSync } from 'node:crypto'
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { bytesEqual, concatBytes, fromHex, isHex, toHex } from '../../base/bytes.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { keccak256 } from '../../crypto/keccak.ts'
import { addressOfPublicKey, createSigner, isPrivateKey, isPublicKey } from '../../crypto/secp256k1.ts'
import { draftOf, nameDraft } from '../../storage/node-files/draft-file.ts'
import { syncNames } from '../../storage/node-files/sync-names.ts'
import type { Address } from '../../types/ids.ts'
import type { NodeConfig } from '../config.ts'
import { type Refusal, refusal } from '../exit-codes.ts'
import { systemReason } from '../system-reason.ts'

export interface PublicKey {
  readonly address: Address
  /** 33 bytes, compressed. */
  readonly consensusKey: Uint8Array
}

const CIPHER = 'aes-128-ctr'
const OTHERS = 0o077
/** geth's "standard": a quarter of a gigabyte and about a second for each guess. */
const SCRYPT = { n: 262_144, r: 8, p: 1, dklen: 32 } as const
/** BOUND: what a file may ask of memory, 128·n·r bytes. */
const SCRYPT_BYTES_MAX = 1 << 30

interface PlainFile {
  readonly type: 'tertia-key'
  readonly privateKey: string
}

type ScryptCost = Readonly<Record<'n' | 'r' | 'p' | 'dklen', number>>

interface LockedKey {
  readonly cipher: string
  readonly ciphertext: string
  readonly cipherparams: { readonly iv: string }
  readonly kdf: string
  readonly kdfparams: ScryptCost & { readonly salt: string }
  readonly mac: string
}

/** A fresh secp256k1 private key. */
export function createConsensusKey(): Uint8Array {
  for (;;) {
    const bytes = new Uint8Array(randomBytes(32))
    if (isPrivateKey(bytes)) return bytes
  }
}

export function publicKeyOf(privateKey: Uint8Array): PublicKey {
  const consensusKey = createSigner(privateKey).publicKey
  return { address: addressOfPublicKey(consensusKey), consensusKey }
}

/** Makes the file, durably; never replaces one. Without a passphrase the key stands there in the open. */
export function writeConsensusKey(
  path: string,
  privateKey: Uint8Array,
  passphrase: string | null,
): Result<PublicKey, Refusal> {
  const publicKey = publicKeyOf(privateKey)
  const content =
    passphrase === null ? { type: 'tertia-key', privateKey: toHex(privateKey) } : lock(privateKey, passphrase)
  const shown = { ...content, address: publicKey.address.slice(2), consensusKey: toHex(publicKey.consensusKey) }
  const written = writeSecretFile(path, `${JSON.stringify(shown, null, 2)}\n`)
  return written.ok ? ok(publicKey) : written
}

/** @param passphrase null when none was given, which a file in the open does not need. */
export function readConsensusKey(path: string, passphrase: string | null): Result<Uint8Array, Refusal> {
  const file = readKeyFile(path)
  if (!file.ok) return file
  if (isPlain(file.value)) {
    const privateKey = bytesOf(file.value.privateKey)
    return privateKey !== undefined && isPrivateKey(privateKey)
      ? ok(privateKey)
      : err(refusal(`${path} holds no valid key`))
  }
  const locked = lockedKeyOf(file.value)
  if (locked === undefined) return err(refusal(`${path} is no key file of this program`))
  if (passphrase === null)
    return err(refusal(`${path} is locked: give --passphrase-file FILE or set TERTIA_PASSPHRASE`))
  const privateKey = unlock(locked, passphrase)
  return privateKey === undefined
    ? err(refusal(`${path}: the passphrase is wrong, or the file is damaged`))
    : ok(privateKey)
}

/** What the file says in the open; nothing is unlocked. */
export function readPublicKey(path: string): Result<PublicKey, Refusal> {
  const file = readKeyFile(path)
  if (!file.ok) return file
  const consensusKey = isRecord(file.value) ? bytesOf(file.value['consensusKey']) : undefined
  if (consensusKey === undefined || !isPublicKey(consensusKey))
    return err(refusal(`${path} does not name its public key: make it with "tertia keys new"`))
  return ok({ address: addressOfPublicKey(consensusKey), consensusKey })
}

/** The key that the configuration names, unlocked. */
export function unlockConsensusKey(
  path: string,
  config: Pick<NodeConfig, 'passphrasePath'>,
): Result<Uint8Array, Refusal> {
  const passphrase = readPassphrase(config.passphrasePath)
  return passphrase.ok ? readConsensusKey(path, passphrase.value) : passphrase
}

/** The first line of the file; without one the variable TERTIA_PASSPHRASE, or null. */
export function readPassphrase(path: string | null): Result<string | null, Refusal> {
  if (path === null) return ok(process.env['TERTIA_PASSPHRASE'] ?? null)
  const content = readSecretFile(path)
  return content.ok ? ok(content.value.toString('utf8').split(/\r?\n/, 1)[0] ?? '') : content
}

/** A file for its owner alone, durably, complete or absent; refused when there is one already. */
export function writeSecretFile(path: string, content: string | Uint8Array): Result<null, Refusal> {
  const draft = draftOf(path)
  try {
    writeDurably(draft, content)
    nameDraft(draft, path)
    syncNames(dirname(path))
    return ok(null)
  } catch (error) {
    return err(refusal(`cannot write ${path}: ${systemReason(error)}`))
  } finally {
    rmSync(draft, { force: true })
  }
}

function writeDurably(path: string, content: string | Uint8Array): void {
  const fd = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(fd, content)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Refused when others could have read it. */
export function readSecretFile(path: string): Result<Buffer, Refusal> {
  try {
    const fd = openSync(path, 'r')
    try {
      const stats = fstatSync(fd)
      // Of a directory, reading has more to say.
      if (!stats.isDirectory() && (stats.mode & OTHERS) !== 0)
        return err(refusal(`${path} can be read by others: run "chmod 600 ${path}"`))
      return ok(readFileSync(fd))
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    return err(refusal(`cannot read ${path}: ${systemReason(error)}`))
  }
}

function readKeyFile(path: string): Result<unknown, Refusal> {
  const content = readSecretFile(path)
  if (!content.ok) return content
  try {
    return ok(JSON.parse(content.value.toString('utf8')))
  } catch {
    return err(refusal(`${path} is damaged: it is not JSON`))
  }
}

function lock(privateKey: Uint8Array, passphrase: string) {
  const iv = randomBytes(16)
  const salt = randomBytes(32)
  const derived = scrypt(passphrase, salt, SCRYPT)
  const cipher = createCipheriv(CIPHER, derived.subarray(0, 16), iv)
  const ciphertext = Buffer.concat([cipher.update(privateKey), cipher.final()])
  return {
    version: 3,
    id: randomUUID(),
    crypto: {
      cipher: CIPHER,
      ciphertext: ciphertext.toString('hex'),
      cipherparams: { iv: iv.toString('hex') },
      kdf: 'scrypt',
      kdfparams: { ...SCRYPT, salt: salt.toString('hex') },
      mac: toHex(keccak256(concatBytes(derived.subarray(16), ciphertext))).slice(2),
    },
  }
}

function unlock(crypto: LockedKey, passphrase: string): Uint8Array | undefined {
  const { n, r, p, dklen } = crypto.kdfparams
  const [salt, iv, ciphertext, mac] = [
    crypto.kdfparams.salt,
    crypto.cipherparams.iv,
    crypto.ciphertext,
    crypto.mac,
  ].map((text) => bytesOf(`0x${text}`))
  if (crypto.cipher !== CIPHER || crypto.kdf !== 'scrypt' || dklen !== SCRYPT.dklen) return undefined
  if (salt === undefined || ciphertext === undefined || mac === undefined || iv?.length !== 16) return undefined
  const isPowerOfTwo = n > 1 && Number.isInteger(Math.log2(n))
  if (!isPowerOfTwo || r < 1 || p < 1 || p > 16 || 128 * n * r > SCRYPT_BYTES_MAX) return undefined
  const derived = scrypt(passphrase, salt, { n, r, p, dklen })
  if (!bytesEqual(keccak256(concatBytes(derived.subarray(16), ciphertext)), mac)) return undefined
  const decipher = createDecipheriv(CIPHER, derived.subarray(0, 16), iv)
  const privateKey = new Uint8Array(Buffer.concat([decipher.update(ciphertext), decipher.final()]))
  return isPrivateKey(privateKey) ? privateKey : undefined
}

function scrypt(passphrase: string, salt: Uint8Array, cost: ScryptCost) {
  const { n, r, p, dklen } = cost
  return new Uint8Array(scryptSync(passphrase.normalize('NFKC'), salt, dklen, { N: n, r, p, maxmem: 256 * n * r }))
}

function bytesOf(text: unknown): Uint8Array | undefined {
  return typeof text === 'string' && isHex(text) ? fromHex(text) : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isPlain(value: unknown): value is PlainFile {
  return isRecord(value) && value['type'] === 'tertia-key' && typeof value['privateKey'] === 'string'
}

/** Undefined unless the file has the form of version 3; other programs write its part with a capital letter. */
function lockedKeyOf(file: unknown): LockedKey | undefined {
  if (!isRecord(file) || file['version'] !== 3) return undefined
  const locked = file['crypto'] ?? file['Crypto']
  return isLockedKey(locked) ? locked : undefined
}

function isLockedKey(value: unknown): value is LockedKey {
  if (!isRecord(value)) return false
  const { cipherparams, kdfparams } = value
  if (!isRecord(cipherparams) || !isRecord(kdfparams)) return false
  return (['n', 'r', 'p', 'dklen'] as const).every((name) => Number.isSafeInteger(kdfparams[name]))
}
