/** Who is for a proposal and who against: twenty bytes of the voter's id, and 1 or 0. */
import { concatBytes } from '../../base/bytes.ts'
import { type Address, addressFromBytes, idBytes } from '../../types/ids.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { readEntries, writeEntries } from './packed-entries.ts'
import { recordKey } from './system-account.ts'

export interface ProposalVote {
  /** Id of the validator. */
  readonly voter: Address
  readonly approve: boolean
}

const ID_BYTES = 20
const VOTE_BYTES = ID_BYTES + 1

/** In the order of the voters' first votes. */
export function readVotes(words: WordReader, proposal: number): readonly ProposalVote[] {
  return readEntries(words, keyOf(proposal), VOTE_BYTES).map((entry) => ({
    voter: addressFromBytes(entry.slice(0, ID_BYTES)),
    approve: entry[ID_BYTES] === 1,
  }))
}

export function writeVotes(words: Words, proposal: number, votes: readonly ProposalVote[]): void {
  const entries = votes.map(({ voter, approve }) => concatBytes(idBytes(voter), Uint8Array.of(approve ? 1 : 0)))
  writeEntries(words, keyOf(proposal), entries)
}

function keyOf(proposal: number): Uint8Array {
  return recordKey('votes', proposal)
}
