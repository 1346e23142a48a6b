/**
 * Final blocks from our tip up to one with a proof of its own, out of as many answers of one peer as it
 * takes: what a single certificate makes final may be too large for one. Nothing leaves here unproven.
 */
import type { Rejection } from '../base/rejection.ts'
import type { Result } from '../base/result.ts'
import { type FinalRange, isFullRange } from '../network/requests.ts'
import { type Block, wireBytes } from '../types/block.ts'
import type { FinalityProof } from '../types/finality.ts'
import type { Hash, Height } from '../types/ids.ts'
import type { Verified } from '../types/verified.ts'

export interface RunPorts {
  readonly judge: (block: Block) => Result<Verified<Block>, Rejection>
  readonly judgeFinality: (last: Block, proof: FinalityProof) => Result<Verified<FinalityProof>, Rejection>
  readonly committed: () => { readonly height: Height; readonly hash: Hash }
}

export interface ProvenRun {
  readonly kind: 'proven'
  /** Oldest first, from our tip on; the proof is of the last. */
  readonly blocks: readonly Verified<Block>[]
  readonly finality: Verified<FinalityProof>
}

/** What an answer has made of the run. Nobody is to blame for one that is too long; for a lie, its teller is. */
export type RunProgress =
  | { readonly kind: 'unproven' | 'tooLong' }
  | ProvenRun
  | { readonly kind: 'lie'; readonly reason: string }

/** BOUND: of one run, as it came over the wire. */
const RUN_BYTES_MAX = 16 * 1024 * 1024
/** BOUND: of one run. Some more may be on their way to being final, see the pipeline's `STORED_MAX`. */
const RUN_BLOCKS_MAX = 512
const NOT_OURS = 'a range that does not follow our chain'

export class BlockRun {
  readonly #ports: RunPorts
  readonly #blocks: Verified<Block>[] = []
  #bytes = 0

  constructor(ports: RunPorts) {
    this.#ports = ports
  }

  /** Where the next answer has to begin. */
  get nextHeight(): Height {
    return this.#end().height + 1
  }

  /** INVARIANT F2: blocks are taken only as an unbroken chain from our tip to a block that is proven final. */
  take({ blocks, finality }: FinalRange, bytes: number): RunProgress {
    const last = blocks.at(-1)
    if (last === undefined) return lie('a range without blocks')
    const judged = finality === null ? null : this.#ports.judgeFinality(last, finality)
    if (judged?.ok === false) return lie(judged.error.message)
    // A peer could lead us on with block after block.
    if (judged === null && !isFragment(blocks)) return lie('a range without its proof')
    const fault = this.#join(blocks)
    if (fault !== null) return lie(fault)
    this.#bytes += bytes
    if (this.#bytes > RUN_BYTES_MAX || this.#blocks.length > RUN_BLOCKS_MAX) return { kind: 'tooLong' }
    if (judged !== null) return this.#proven(judged.value)
    return { kind: 'unproven' }
  }

  #proven(finality: Verified<FinalityProof>): RunProgress {
    const tip = this.#ports.committed()
    const blocks = this.#blocks.filter(({ header }) => header.height > tip.height)
    return blocks[0]?.header.parentHash === tip.hash ? { kind: 'proven', blocks, finality } : lie(NOT_OURS)
  }

  #end(): { readonly height: Height; readonly hash: Hash } {
    const last = this.#blocks.at(-1)
    return last === undefined ? this.#ports.committed() : { height: last.header.height, hash: last.hash }
  }

  /** Why they do not; null when they do. */
  #join(blocks: readonly Block[]): string | null {
    for (const block of blocks) {
      const end = this.#end()
      const { height, parentHash } = block.header
      // The chain may have grown under our feet while the answer was on its way.
      if (this.#blocks.length === 0 && height <= end.height) continue
      if (height !== end.height + 1 || parentHash !== end.hash) return NOT_OURS
      const judged = this.#ports.judge(block)
      if (!judged.ok) return judged.error.message
      this.#blocks.push(judged.value)
    }
    return null
  }
}

function isFragment(blocks: readonly Block[]): boolean {
  return isFullRange(
    blocks.length,
    blocks.reduce((sum, block) => sum + wireBytes(block), 0),
  )
}

function lie(reason: string): RunProgress {
  return { kind: 'lie', reason }
}
