/**
 * Speaks the truth in agreement and lies to whoever fetches blocks: other blocks, a chain without its beginning,
 * forged finality or that of another epoch, empty answers, half answers, none.
 */
import { hashHeader } from '../../crypto/digests.ts'
import { decodeBlocks, decodeRange, encodeBlocks, encodeRange, type FinalRange } from '../../network/requests.ts'
import type { ChainStore } from '../../storage/chain-store.ts'
import type { Block } from '../../types/block.ts'
import type { Strategy } from '../strategy.ts'
import { liarOf } from '../strategy.ts'

export const lyingServer: Strategy = (world, node) => {
  const { random } = liarOf(world, node)
  return {
    rewrite: (to, message) => [{ to, message }],
    answer(answer) {
      if (random.chance(0.1)) return undefined
      if (random.chance(0.1)) return answer.slice(0, random.below(answer.length))
      const range = decodeRange(answer)
      if (range.ok && range.value.finality !== null)
        return encodeRange(lieAbout(range.value, random.below(4), node.chain?.store))
      const blocks = decodeBlocks(answer)
      return blocks.ok && blocks.value.length > 0 ? encodeBlocks(blocks.value.map(altered)) : answer
    },
  }
}

function lieAbout({ blocks, finality }: FinalRange, lie: number, store: ChainStore | undefined): FinalRange {
  const last = blocks.at(-1)
  if (last === undefined || finality === null || lie === 0) return { blocks: [], finality: null }
  if (lie === 1) return { blocks: blocks.slice(1), finality }
  // Of other validators, or of the same for something else.
  const elsewhere = store?.epochEnd(last.header.consensus.epoch - 1)?.finality ?? finality
  if (lie === 2) return { blocks, finality: elsewhere }
  const forged = altered(last)
  return {
    blocks: [...blocks.slice(0, -1), forged],
    finality: { ...finality, certificate: { ...finality.certificate, blockHash: forged.hash } },
  }
}

/** A block that can be executed as well, and is another. */
function altered(block: Block): Block {
  const { consensus } = block.header
  const header = { ...block.header, consensus: { ...consensus, timeMs: consensus.timeMs + 1 } }
  return { ...block, header, hash: hashHeader(header) }
}
