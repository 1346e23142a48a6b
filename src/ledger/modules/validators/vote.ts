/** One vote for each validator and proposal; another one replaces it. */
import { isPlanted } from '../../../base/planted-bug.ts'
import { isExpired, writeOpen } from '../../system/open-proposals.ts'
import { readVotes, writeVotes } from '../../system/proposal-votes.ts'
import { readProposal } from '../../system/proposals.ts'
import type { CallingContext } from './abi.ts'
import { makeDueAndLog } from './change-log.ts'
import { callingValidator } from './membership.ts'
import { approvalsNeeded, settle } from './tally.ts'

export function vote(context: CallingContext, [number, approve]: readonly [bigint, boolean]): void {
  const { words, rules, block } = context
  const { address } = callingValidator(context)
  const id = Number(number)
  const proposal = Number.isSafeInteger(id) ? readProposal(words, id) : undefined
  if (proposal === undefined) return context.revert('UnknownProposal', [])
  const now = { governance: rules.governance, height: block.height }
  if (proposal.passed || isExpired(proposal.openedAt, now)) return context.revert('Closed', [])
  const votes = readVotes(words, id)
  const place = votes.findIndex(({ voter }) => voter === address)
  if (votes[place]?.approve === approve && !(__CANARIES__ && isPlanted('vote-counted-again')))
    context.revert('AlreadyVoted', [])
  const cast = { voter: address, approve }
  const counted = place === -1 ? [...votes, cast] : votes.with(place, cast)
  writeVotes(words, id, counted)
  const approvals = counted.filter((each) => each.approve).length
  writeOpen(words, id, { openedAt: proposal.openedAt, approvals })
  context.emit('Voted', [number, address, approve])
  if (!settle(words, id, approvalsNeeded(words, rules.governance), now)) return
  context.emit('Passed', [number])
  makeDueAndLog(context)
}
