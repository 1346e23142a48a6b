/** Every strategy by its name. */
import type { Strategy } from '../strategy.ts'
import { badHeader } from './bad-header.ts'
import { badSignature } from './bad-signature.ts'
import { doubleVote } from './double-vote.ts'
import { duplicateSigners } from './duplicate-signers.ts'
import { earlyCommit } from './early-commit.ts'
import { equivocate } from './equivocate.ts'
import { flood } from './flood.ts'
import { forgeTc } from './forge-tc.ts'
import { forgeVotes } from './forge-votes.ts'
import { futureTime } from './future-time.ts'
import { futureVotes } from './future-votes.ts'
import { hideLock } from './hide-lock.ts'
import { late } from './late.ts'
import { lieHigh } from './lie-high.ts'
import { lieLow } from './lie-low.ts'
import { loneTimeouts } from './lone-timeouts.ts'
import { misquote } from './misquote.ts'
import { mutate } from './mutate.ts'
import { otherDomain } from './other-domain.ts'
import { selectiveSend } from './selective-send.ts'
import { silent } from './silent.ts'
import { silentLeader } from './silent-leader.ts'
import { withholdVotes } from './withhold-votes.ts'
import { wrongRoot } from './wrong-root.ts'

export const STRATEGIES: ReadonlyMap<string, Strategy> = new Map([
  ['bad-header', badHeader],
  ['bad-signature', badSignature],
  ['double-vote', doubleVote],
  ['duplicate-signers', duplicateSigners],
  ['early-commit', earlyCommit],
  ['equivocate', equivocate],
  ['flood', flood],
  ['forge-tc', forgeTc],
  ['forge-votes', forgeVotes],
  ['future-time', futureTime],
  ['future-votes', futureVotes],
  ['hide-lock', hideLock],
  ['late', late],
  ['lie-high', lieHigh],
  ['lie-low', lieLow],
  ['lone-timeouts', loneTimeouts],
  ['misquote', misquote],
  ['mutate', mutate],
  ['other-domain', otherDomain],
  ['selective-send', selectiveSend],
  ['silent', silent],
  ['silent-leader', silentLeader],
  ['withhold-votes', withholdVotes],
  ['wrong-root', wrongRoot],
])
