/** What came of each view of a run: who proposed, voted and timed out, and when it was final. */
import type { Effect, SigningRequest, TimeoutReason } from '../consensus/effects.ts'
import type { Epoch, Hash, Height, View } from '../types/ids.ts'

interface BlockOfView {
  readonly hash: Hash
  /** Nodes; several when somebody lies, or has a twin. */
  readonly proposers: number[]
  readonly voters: number[]
  readonly commitVoters: number[]
  height: Height | null
  transactions: number
  justifyView: View | null
  /** When the first node knew it final, in milliseconds of virtual time. */
  finalMs: number | null
}

export interface ViewOutcome {
  readonly epoch: Epoch
  readonly view: View
  readonly blocks: BlockOfView[]
  readonly timeouts: { readonly node: number; readonly reason: TimeoutReason | null }[]
}

export class ViewLog {
  readonly #views = new Map<string, ViewOutcome>()

  /** By epoch and view. */
  get outcomes(): readonly ViewOutcome[] {
    return [...this.#views.values()].sort((a, b) => a.epoch - b.epoch || a.view - b.view)
  }

  onSign(node: number, request: SigningRequest): void {
    const outcome = this.#at(request.epoch, request.view)
    switch (request.kind) {
      case 'proposal': {
        const { hash, header, transactions, justify } = request.block
        const block = blockIn(outcome, hash)
        note(block.proposers, node)
        block.height = header.height
        block.transactions = transactions.length
        block.justifyView = justify.view
        return
      }
      case 'vote':
        return note(blockIn(outcome, request.blockHash).voters, node)
      case 'commit':
        return note(blockIn(outcome, request.blockHash).commitVoters, node)
      case 'timeout':
        if (!outcome.timeouts.some((timeout) => timeout.node === node)) outcome.timeouts.push({ node, reason: null })
    }
  }

  onEffect(node: number, epoch: Epoch, effect: Effect, nowMs: number): void {
    if (effect.kind === 'viewTimedOut') {
      const { timeouts } = this.#at(epoch, effect.view)
      const known = timeouts.findIndex((timeout) => timeout.node === node)
      timeouts.splice(known < 0 ? timeouts.length : known, 1, { node, reason: effect.reason })
    } else if (effect.kind === 'commit')
      for (const { hash, header } of effect.blocks) {
        const block = blockIn(this.#at(header.consensus.epoch, header.consensus.view), hash)
        block.height = header.height
        block.finalMs ??= nowMs
      }
  }

  #at(epoch: Epoch, view: View): ViewOutcome {
    const name = `${epoch}/${view}`
    const known = this.#views.get(name) ?? { epoch, view, blocks: [], timeouts: [] }
    this.#views.set(name, known)
    return known
  }
}

/** One line a view, and one more for each further block in it. */
export function printViews(outcomes: readonly ViewOutcome[]): string {
  return outcomes
    .map(({ epoch, view, blocks, timeouts }) => {
      const head = `epoch ${epoch} view ${String(view).padStart(3)}  `
      const said = blocks.map(describeBlock)
      if (said.length === 0) said.push('no block')
      if (timeouts.length > 0) said.push(`timed out: ${timeouts.map(describeTimeout).join(', ')}`)
      return `${head}${said.join(`\n${' '.repeat(head.length)}`)}`
    })
    .join('\n')
}

function describeBlock(block: BlockOfView): string {
  const { hash, proposers, voters, commitVoters, height, transactions, justifyView, finalMs } = block
  const what = height === null ? '' : ` #${height}`
  const proposed = justifyView === null ? '' : `, ${transactions} tx on view ${justifyView}, by ${proposers.join(' ')}`
  const final = finalMs === null ? 'not final' : `final at ${finalMs.toFixed(1)} ms`
  return `${hash.slice(2, 10)}${what}${proposed}; voted ${listed(voters)}; to commit ${listed(commitVoters)}; ${final}`
}

function describeTimeout({ node, reason }: ViewOutcome['timeouts'][number]): string {
  return reason === null ? String(node) : `${node} (${reason})`
}

function listed(nodes: readonly number[]): string {
  return nodes.length === 0 ? 'nobody' : nodes.join(' ')
}

function note(nodes: number[], node: number): void {
  if (!nodes.includes(node)) nodes.push(node)
}

function blockIn({ blocks }: ViewOutcome, hash: Hash): BlockOfView {
  const known = blocks.find((block) => block.hash === hash)
  if (known !== undefined) return known
  const block = {
    hash,
    proposers: [],
    voters: [],
    commitVoters: [],
    height: null,
    transactions: 0,
    justifyView: null,
    finalMs: null,
  }
  blocks.push(block)
  return block
}
