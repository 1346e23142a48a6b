/** One vote for each validator and proposal; another one replaces it. */
import { isPlanted } from '../../../base/planted-bug.ts'
import { readProposal, writeProposal } from '../../system/proposals.ts'
import type { CallingContext } from './abi.ts'
import { makeDueAndLog } from './change-log.ts'
import { callingValidator } from './membership.ts'
import { isExpired, settle } from './tally.ts'

export function vote(context: CallingContext, [number, approve]: readonly [bigint, boolean]): void {
  const { words, rules, block } = context
  const { address } = callingValidator(context)
  const id = Number(number)
  const proposal = Number.isSafeInteger(id) ? readProposal(words, id) : undefined
  if (proposal === undefined) return context.revert('UnknownProposal', [])
  if (proposal.passed || isExpired(proposal.openedAt, rules.governance, block.height))
    return context.revert('Closed', [])
  const held = proposal.votes.find(({ voter }) => voter === address)
  if (held?.approve === approve && !(__CANARIES__ && isPlanted('vote-counted-again')))
    context.revert('AlreadyVoted', [])
  const others = proposal.votes.filter(({ voter }) => voter !== address)
  writeProposal(words, id, { ...proposal, votes: [...others, { voter: address, approve }] })
  context.emit('Voted', [number, address, approve])
  if (!settle(words, id, rules.governance, block.height)) return
  context.emit('Passed', [number])
  makeDueAndLog(context)
}
