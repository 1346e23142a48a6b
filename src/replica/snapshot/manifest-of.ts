/** What leads from genesis to the state after a final block, from the store of a node that has the chain. */
import { defined } from '../../base/invariant.ts'
import type { ChainStore } from '../../storage/chain-store.ts'
import type { SetLink, SnapshotManifest } from '../../sync/snapshot/snapshot-records.ts'
import type { Block } from '../../types/block.ts'
import type { FinalityProof } from '../../types/finality.ts'
import type { Epoch } from '../../types/ids.ts'

export function manifestOf(store: ChainStore, block: Block, finality: FinalityProof): SnapshotManifest {
  const { epoch } = block.header.consensus
  const links = Array.from({ length: epoch - 1 }, (_, index) =>
    defined(setLink(store, index + 1), `the end of epoch ${index + 1}`),
  )
  return { ...bareManifestOf(store, block, finality), links }
}

/** Without links: who asks a node over the network asks for them apart, since they may be many. */
export function bareManifestOf(store: ChainStore, block: Block, finality: FinalityProof): SnapshotManifest {
  const { height, consensus } = block.header
  return {
    genesisHash: store.genesisHash,
    links: [],
    block,
    finality,
    nextValidators: consensus.end
      ? defined(store.validators(consensus.nextValidatorsHash), 'the next validators')
      : null,
    receipts: defined(store.keptReceipts(height), 'the receipts of a final block'),
  }
}

/** Undefined when the epoch has not ended here. */
export function setLink(store: ChainStore, ended: Epoch): SetLink | undefined {
  const end = store.epochEnd(ended)
  if (end === undefined) return undefined
  const named = end.header.consensus.nextValidatorsHash
  return { end, validators: defined(store.validators(named), `the validators of epoch ${ended + 1}`) }
}
