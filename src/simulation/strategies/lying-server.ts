/** Speaks the truth in agreement and lies to whoever fetches blocks: other blocks, forged finality, half answers, none. */
import { hashHeader } from '../../crypto/digests.ts'
import { decodeBlocks, decodeRange, encodeBlocks, encodeRange } from '../../network/messages.ts'
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
      if (range.ok && range.value.finality !== null) {
        const { blocks, finality } = range.value
        const last = blocks.at(-1)
        if (last === undefined) return answer
        const forged = { ...altered(last) }
        return encodeRange({
          blocks: [...blocks.slice(0, -1), forged],
          finality: { ...finality, certificate: { ...finality.certificate, blockHash: forged.hash } },
        })
      }
      const blocks = decodeBlocks(answer)
      return blocks.ok && blocks.value.length > 0 ? encodeBlocks(blocks.value.map(altered)) : answer
    },
  }
}

/** A block that can be executed as well, and is another. */
function altered(block: Block): Block {
  const { consensus } = block.header
  const header = { ...block.header, consensus: { ...consensus, timeMs: consensus.timeMs + 1 } }
  return { ...block, header, hash: hashHeader(header) }
}
