/** Who agrees in an epoch, and how they are reached: read from the state that its first block builds on. */
import { bytesEqual } from '../base/bytes.ts'
import { defined } from '../base/invariant.ts'
import { isPlanted } from '../base/planted-bug.ts'
import { hashHeader } from '../crypto/digests.ts'
import { FIRST_EPOCH } from '../ledger/genesis/genesis-block.ts'
import { leaderSchedule } from '../ledger/leader-schedule.ts'
import { readSchedule, scheduleOfEpoch } from '../ledger/system/epoch-schedule.ts'
import { systemWordsIn } from '../ledger/system/state-records.ts'
import { readValidatorRecord, type ValidatorRecord } from '../ledger/system/validator-records.ts'
import type { PeerId } from '../network/port.ts'
import type { ChainStore } from '../storage/chain-store.ts'
import type { FaultModel } from '../types/fault-model.ts'
import type { Address, Hash, View } from '../types/ids.ts'
import { ValidatorSet } from '../types/validator-set.ts'
import type { OwnKey } from './own-key.ts'

export interface EpochContext {
  readonly validators: ValidatorSet
  /** The last block of the epoch before, or genesis. */
  readonly rootHash: Hash
  /** Leader of view v = schedule[v mod length]. */
  readonly schedule: readonly number[]
  /** What the state says of the validators, by index in the set. */
  readonly records: readonly (ValidatorRecord | undefined)[]
  /** By index in the set; null where no address is known. */
  readonly peers: readonly (PeerId | null)[]
  /** Null for an observer. */
  readonly self: { readonly index: number; readonly address: Address } | null
}

export interface EpochReader {
  readonly faultModel: FaultModel
  /** Whose signatures this node can make now, 33 bytes each. */
  readonly consensusKeys: () => readonly Uint8Array[]
  /** How to reach a validator, from what its record says. */
  readonly peerOf: (record: ValidatorRecord) => PeerId | null
  /** Leaders by view, in the place of the state's. */
  readonly schedule?: readonly number[]
}

/** Of the epoch that the tip is in, or that begins behind it. */
export function epochAtTip(store: ChainStore, reader: EpochReader): EpochContext {
  const { hash, header } = store.tip
  const words = systemWordsIn(store.tipState)
  const begins = header.height === 0 || header.consensus.end
  const epoch = header.height === 0 ? FIRST_EPOCH : header.consensus.epoch + (begins ? 1 : 0)
  const rootHash = begins ? hash : rootOf(store, defined(readSchedule(words), 'the schedule of a running epoch'))
  const { validators: members, weights, seed } = scheduleOfEpoch(words, epoch, rootHash)
  const validators = new ValidatorSet(epoch, members, reader.faultModel)
  const records = validators.members.map(({ address }) => readValidatorRecord(words, address))
  return {
    validators,
    rootHash,
    schedule: reader.schedule ?? leaderSchedule(members, weights, seed, validators.quorum),
    records,
    peers: records.map((record) => (record === undefined ? null : reader.peerOf(record))),
    self: selfIn(validators, reader.consensusKeys()),
  }
}

function rootOf(store: ChainStore, { startHeight }: { readonly startHeight: number }): Hash {
  return hashHeader(defined(store.header(startHeight - 1), 'the block before an epoch'))
}

/** By its key: a validator keeps its address when it changes its key. */
function selfIn(validators: ValidatorSet, keys: readonly Uint8Array[]): EpochContext['self'] {
  const index = validators.members.findIndex(({ consensusKey }) => keys.some((key) => bytesEqual(key, consensusKey)))
  return index < 0 ? null : { index, address: defined(validators.at(index), 'a member of the set').address }
}

/** The key that signs in this epoch: the set names it, and no other of a validator's. */
export function ownKeyIn({ validators, self }: EpochContext, keys: readonly OwnKey[]): OwnKey | null {
  if (self === null) return null
  const { consensusKey } = defined(validators.members[self.index], 'a member of the set')
  if (__CANARIES__ && isPlanted('old-key-signs-on')) return defined(keys[0], 'a key')
  return defined(
    keys.find(({ publicKey }) => bytesEqual(publicKey, consensusKey)),
    'the key of the validator that this node is',
  )
}

export function leaderOf({ schedule }: EpochContext): (view: View) => number {
  return (view) => defined(schedule[view % schedule.length], 'a leader')
}
