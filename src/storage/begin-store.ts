/** How an empty store becomes a chain's: with genesis, or with the block of a snapshot (docs/ledger.md, "State on disk"). */
import { invariant } from '../base/invariant.ts'
import type { StateChanges } from '../ledger/state-source.ts'
import type { Block } from '../types/block.ts'
import type { FinalBlock } from '../types/final-block.ts'
import { encodeHeader, type Header } from '../types/header.ts'
import { idBytes } from '../types/ids.ts'
import type { Validator } from '../types/validator-set.ts'
import { blockOperations, finalityOperations, heightValue, validatorsOperation } from './block-operations.ts'
import { encodeReceipts } from './final-records.ts'
import type { JournalPosition } from './journal/position.ts'
import type { KeyValueStore } from './key-value-store.ts'
import { HEADERS, HEIGHTS_BY_HASH, META, RECEIPTS } from './keyspaces.ts'
import { SENTINEL, sentinelValue } from './sentinel.ts'
import { StateStore } from './state-store.ts'

export const HISTORY_FROM = META.key('history from')

/** A chain that begins with a snapshot: its block, and what led there. */
export interface ChainStart {
  readonly final: FinalBlock
  readonly position: JournalPosition
  readonly finalityPosition: JournalPosition
  /** Of the epochs before the block's. */
  readonly ends: readonly { readonly header: Header; readonly finalityPosition: JournalPosition }[]
  readonly sets: readonly (readonly Validator[])[]
}

/** Writes block 0 into an empty store; `validators` are those of the first epoch. */
export function initialiseStore(
  store: KeyValueStore,
  genesis: Block,
  changes: StateChanges,
  validators: readonly Validator[],
): void {
  invariant(store.get(SENTINEL) === undefined, 'an initialised store is not initialised again')
  store.write([
    ...new StateStore(store).operations(0, changes),
    { type: 'put', key: HEADERS.key(0), value: encodeHeader(genesis.header) },
    { type: 'put', key: HEIGHTS_BY_HASH.key(idBytes(genesis.hash)), value: heightValue(0) },
    { type: 'put', key: RECEIPTS.key(0), value: encodeReceipts([]) },
    validatorsOperation(validators),
    { type: 'put', key: SENTINEL, value: sentinelValue(genesis.hash, 0, genesis.hash) },
  ])
}

/** Makes a store, which holds the state of the block and nothing else, a chain whose tip it is. */
export function beginStore(store: KeyValueStore, genesis: Block, start: ChainStart): void {
  invariant(store.get(SENTINEL) === undefined, 'a chain begins once')
  const { final, position, finalityPosition, ends, sets } = start
  const { hash, header } = final.block
  const { height } = header
  store.write([
    { type: 'put', key: HEADERS.key(0), value: encodeHeader(genesis.header) },
    { type: 'put', key: HEIGHTS_BY_HASH.key(idBytes(genesis.hash)), value: heightValue(0) },
    { type: 'put', key: RECEIPTS.key(0), value: encodeReceipts([]) },
    ...sets.map(validatorsOperation),
    ...ends.flatMap((end) => [
      { type: 'put', key: HEADERS.key(end.header.height), value: encodeHeader(end.header) } as const,
      ...finalityOperations(end.header, end.finalityPosition),
    ]),
    ...blockOperations(final, position),
    ...finalityOperations(header, finalityPosition),
    { type: 'put', key: HISTORY_FROM, value: heightValue(height) },
    { type: 'put', key: SENTINEL, value: sentinelValue(genesis.hash, height, hash) },
  ])
}
