/**
 * What exactly is signed: ascii(tag) ‖ rlp([genesisHash, epoch, view, …]) (docs/consensus.md, "What
 * is signed"). The tag keeps the kinds apart from each other and from every transaction; the genesis
 * hash binds the chain. The digest that is signed is keccak256 of these bytes.
 */
import { concatBytes, utf8 } from '../base/bytes.ts'
import { uintBytes } from '../codec/fields.ts'
import { encodeRlp, type RlpItem } from '../codec/rlp.ts'
import type { CommitVote, Timeout, Vote } from './certificate.ts'
import { type Address, type Epoch, type Hash, idBytes, type View } from './ids.ts'

const TAGS = {
  vote: utf8('tertia/vote/1'),
  commit: utf8('tertia/commit/1'),
  timeout: utf8('tertia/timeout/1'),
  proposal: utf8('tertia/prop/1'),
  possession: utf8('tertia/pop/1'),
} as const

/** A statement that a validator signs; one per kind, epoch and view for an honest key. */
export type Statement =
  | {
      readonly kind: 'vote'
      readonly epoch: Epoch
      readonly view: View
      readonly blockHash: Hash
      readonly justifyView: View
    }
  | { readonly kind: 'commit'; readonly epoch: Epoch; readonly view: View; readonly blockHash: Hash }
  | { readonly kind: 'timeout'; readonly epoch: Epoch; readonly view: View; readonly highQcView: View }
  | { readonly kind: 'proposal'; readonly epoch: Epoch; readonly view: View; readonly blockHash: Hash }

export function statementPreimage(genesisHash: Hash, statement: Statement): Uint8Array {
  const fields: RlpItem[] = [idBytes(genesisHash), uintBytes(statement.epoch), uintBytes(statement.view)]
  if (statement.kind === 'timeout') fields.push(uintBytes(statement.highQcView))
  else fields.push(idBytes(statement.blockHash))
  if (statement.kind === 'vote') fields.push(uintBytes(statement.justifyView))
  return concatBytes(TAGS[statement.kind], encodeRlp(fields))
}

/** Tells one statement from every other under the same genesis. */
export function statementName(statement: Statement): string {
  const start = `${statement.kind}:${statement.epoch}:${statement.view}:`
  if (statement.kind === 'timeout') return `${start}${statement.highQcView}`
  if (statement.kind === 'vote') return `${start}${statement.blockHash}:${statement.justifyView}`
  return `${start}${statement.blockHash}`
}

/**
 * What shows that who holds a new key wants it to be this validator's: everybody sees the proof, and it is of
 * no use to another. No epoch, for the key is in force in none yet.
 */
export function possessionPreimage(genesisHash: Hash, newKey: Uint8Array, owner: Address): Uint8Array {
  return concatBytes(TAGS.possession, encodeRlp([idBytes(genesisHash), newKey, idBytes(owner)]))
}

export function voteStatement({ epoch, view, blockHash, justifyView }: Vote): Statement {
  return { kind: 'vote', epoch, view, blockHash, justifyView }
}

export function commitStatement({ epoch, view, blockHash }: CommitVote): Statement {
  return { kind: 'commit', epoch, view, blockHash }
}

export function timeoutStatement({ epoch, view, highQcView }: Timeout): Statement {
  return { kind: 'timeout', epoch, view, highQcView }
}
