/**
 * SUFFIX blocks stand behind the last block of an epoch, only so that a view can commit it when its
 * own has failed to (docs/consensus.md, "The end of an epoch"). They execute nothing, and their
 * headers repeat what the last block says.
 */
import { bytesEqual } from '../base/bytes.ts'
import { isPlanted } from '../base/planted-bug.ts'
import type { BuildRequest } from '../consensus/effects.ts'
import { qcDigest, tcDigest } from '../crypto/digests.ts'
import { EMPTY_BLOOM } from '../ledger/receipt-codec.ts'
import { EMPTY_ROOT } from '../trie/trie.ts'
import type { Header } from '../types/header.ts'
import { type Address, type Epoch, hashFromBytes } from '../types/ids.ts'
import type { BlockResult } from './block-result.ts'

const EMPTY_LIST_ROOT = hashFromBytes(EMPTY_ROOT)

/** Whether nothing but SUFFIX blocks of this epoch may follow. */
export function isEnd({ header }: BlockResult, epoch: Epoch): boolean {
  const { consensus } = header
  if (__CANARIES__ && isPlanted('end-ignored')) return false
  return consensus.epoch === epoch && (consensus.end || consensus.suffix)
}

/** Why a block is no SUFFIX block of this parent; null when it is one. */
export function suffixFault(header: Header, parent: BlockResult): string | null {
  const { consensus } = header
  if (!consensus.suffix) return 'goes on with an epoch that has ended'
  if (!isEnd(parent, consensus.epoch)) return 'is a suffix of an epoch that has not ended'
  const end = parent.header
  const isSame =
    header.height === end.height &&
    header.stateRoot === end.stateRoot &&
    header.gasLimit === end.gasLimit &&
    header.baseFeePerGas === end.baseFeePerGas &&
    consensus.timeMs === end.consensus.timeMs &&
    consensus.nextValidatorsHash === end.consensus.nextValidatorsHash
  const isEmpty =
    !consensus.end &&
    header.gasUsed === 0 &&
    header.transactionsRoot === EMPTY_LIST_ROOT &&
    header.receiptsRoot === EMPTY_LIST_ROOT &&
    bytesEqual(header.logsBloom, EMPTY_BLOOM)
  return isSame && isEmpty ? null : 'is a suffix that does more than carry a commit'
}

export function suffixHeader({ view, justify, tc }: BuildRequest, parent: BlockResult, proposer: Address): Header {
  const { header } = parent
  return {
    ...header,
    parentHash: parent.hash,
    miner: proposer,
    transactionsRoot: EMPTY_LIST_ROOT,
    receiptsRoot: EMPTY_LIST_ROOT,
    logsBloom: EMPTY_BLOOM,
    gasUsed: 0,
    consensus: {
      ...header.consensus,
      view,
      justifyView: justify.view,
      justifyDigest: qcDigest(justify),
      tcDigest: tc === null ? null : tcDigest(tc),
      end: false,
      suffix: true,
    },
  }
}
