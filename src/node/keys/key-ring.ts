/**
 * The consensus keys of a node (docs/operations.md, "A new key"): the one that the configuration names, and
 * those beside it that were made to follow it, `consensus-2.json` and so on. Which of them signs in an epoch
 * the set says; each has a signing record of its own, and one that was changed for another is opened no more.
 */
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { err, ok, type Result } from '../../base/result.ts'
import { possessionDigest } from '../../crypto/digests.ts'
import { addressOfPublicKey } from '../../crypto/secp256k1.ts'
import type { WordReader } from '../../ledger/storage-words.ts'
import { systemWordsIn } from '../../ledger/system/state-records.ts'
import { readKeyOwner } from '../../ledger/system/validator-records.ts'
import type { OwnKey } from '../../replica/own-key.ts'
import { isRetired } from '../../replica/retired-key.ts'
import type { Address } from '../../types/ids.ts'
import { type Refusal, refusal } from '../exit-codes.ts'
import type { NextKey } from '../node-api.ts'
import { createConsensusKey, readPassphrase, readPublicKey, writeConsensusKey } from './key-file.ts'
import { type KeySurroundings, openKey } from './open-key.ts'
import { createSigningRecord } from './signing-record-file.ts'

interface HeldKey extends OwnKey {
  readonly path: string
}

const EXTENSION = '.json'
/** The name of the first has none. */
const SECOND = 2

export class KeyRing {
  readonly #surroundings: KeySurroundings
  /** BOUND: what an operator makes one by one. */
  readonly #held: HeldKey[] = []
  readonly #retired: Uint8Array[] = []

  private constructor(surroundings: KeySurroundings) {
    this.#surroundings = surroundings
  }

  /** Empty for a node that observes for ever; with keys that are no validator's it observes until they are. */
  static open(surroundings: KeySurroundings): Result<KeyRing, Refusal> {
    const ring = new KeyRing(surroundings)
    for (const path of pathsFrom(surroundings.config.consensusKeyPath)) {
      const known = readPublicKey(path)
      if (known.ok && isRetired(ring.#words(), known.value.consensusKey)) ring.#retired.push(known.value.consensusKey)
      else {
        const opened = ring.#hold(path)
        if (!opened.ok) return opened
      }
    }
    return ok(ring)
  }

  get keys(): readonly OwnKey[] {
    return this.#held
  }

  /** Also of those that sign nothing any more: they say whose node this is. */
  get publicKeys(): readonly Uint8Array[] {
    return [...this.#held.map(({ publicKey }) => publicKey), ...this.#retired]
  }

  /**
   * A key to follow the one that speaks. DURABILITY: it and its record are on disk, and held, before anybody
   * hears of it. One that was made before and is nobody's yet is given again.
   */
  async next(speaker: Address | null): Promise<Result<NextKey, Refusal>> {
    const { config, chain, onKey } = this.#surroundings
    const { consensusKeyPath, passphrasePath } = config
    if (consensusKeyPath === null || speaker === null)
      return err(refusal('this node signs nothing: it has no consensus key'))
    const owner = readKeyOwner(this.#words(), speaker) ?? speaker
    const spare = this.#held.find(({ publicKey }) => ownerOf(this.#words(), publicKey) === undefined)
    if (spare !== undefined) return ok(this.#proven(spare, owner))
    const passphrase = readPassphrase(passphrasePath)
    if (!passphrase.ok) return passphrase
    const path = freePath(consensusKeyPath)
    // The record first: a key without one could not be opened at the next start.
    const recorded = await createSigningRecord(path, chain.store.genesisHash)
    if (!recorded.ok) return recorded
    const written = writeConsensusKey(path, createConsensusKey(), passphrase.value)
    if (!written.ok) return written
    const held = this.#hold(path)
    if (!held.ok) return held
    onKey(held.value)
    return ok(this.#proven(held.value, owner))
  }

  #hold(path: string): Result<HeldKey, Refusal> {
    const opened = openKey(path, this.#surroundings)
    if (!opened.ok) return opened
    const held = { ...opened.value, path }
    this.#held.push(held)
    return ok(held)
  }

  #proven({ path, publicKey, signer }: HeldKey, owner: Address): NextKey {
    const digest = possessionDigest(this.#surroundings.chain.store.genesisHash, publicKey, owner)
    return { path, consensusKey: publicKey, proof: signer.sign(digest) }
  }

  #words(): WordReader {
    return systemWordsIn(this.#surroundings.chain.store.tipState)
  }
}

function ownerOf(words: WordReader, publicKey: Uint8Array) {
  return readKeyOwner(words, addressOfPublicKey(publicKey))
}

/** In the order in which they were made. The first may have been put away. */
function pathsFrom(first: string | null): readonly string[] {
  if (first === null) return []
  const stem = stemOf(first)
  const numbers = existsSync(dirname(first))
    ? readdirSync(dirname(first)).flatMap((name) => {
        const number = name.startsWith(`${stem}-`) && name.endsWith(EXTENSION) ? numberIn(name, stem) : undefined
        return number === undefined ? [] : [number]
      })
    : []
  const later = numbers.sort((a, b) => a - b).map((number) => pathOf(first, number))
  return later.length > 0 && !existsSync(first) ? later : [first, ...later]
}

function numberIn(name: string, stem: string): number | undefined {
  const digits = name.slice(stem.length + 1, -EXTENSION.length)
  return /^[1-9]\d{0,5}$/.test(digits) ? Number(digits) : undefined
}

function freePath(first: string): string {
  let number = SECOND
  while (existsSync(pathOf(first, number))) number += 1
  return pathOf(first, number)
}

function pathOf(first: string, number: number): string {
  return join(dirname(first), `${stemOf(first)}-${number}${EXTENSION}`)
}

function stemOf(first: string): string {
  return basename(first, EXTENSION)
}
