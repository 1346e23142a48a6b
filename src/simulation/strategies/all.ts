/** Every strategy by its name. */
import type { Strategy } from '../strategy.ts'
import { abuseGovernance } from './abuse-governance.ts'
import { badAttachment } from './bad-attachment.ts'
import { badHeader } from './bad-header.ts'
import { badSignature } from './bad-signature.ts'
import { cutSuffix } from './cut-suffix.ts'
import { doubleVote } from './double-vote.ts'
import { duplicateSigners } from './duplicate-signers.ts'
import { earlyCommit } from './early-commit.ts'
import { equivocate } from './equivocate.ts'
import { flood } from './flood.ts'
import { forgeCommit } from './forge-commit.ts'
import { forgeJustification } from './forge-justification.ts'
import { forgeTc } from './forge-tc.ts'
import { forgeVotes } from './forge-votes.ts'
import { frame } from './frame.ts'
import { futureTime } from './future-time.ts'
import { futureVotes } from './future-votes.ts'
import { hideLock } from './hide-lock.ts'
import { invalidTransactions } from './invalid-transactions.ts'
import { late } from './late.ts'
import { lateEntry } from './late-entry.ts'
import { lieHigh } from './lie-high.ts'
import { lieLow } from './lie-low.ts'
import { loneQc } from './lone-qc.ts'
import { loneTc } from './lone-tc.ts'
import { loneTimeouts } from './lone-timeouts.ts'
import { lyingServer } from './lying-server.ts'
import { misquote } from './misquote.ts'
import { mutate } from './mutate.ts'
import { narrowJustify } from './narrow-justify.ts'
import { otherDomain } from './other-domain.ts'
import { otherTc } from './other-tc.ts'
import { replayEpochs } from './replay-epochs.ts'
import { selectiveSend } from './selective-send.ts'
import { silent } from './silent.ts'
import { silentLeader } from './silent-leader.ts'
import { splitTimeout } from './split-timeout.ts'
import { staleJustify } from './stale-justify.ts'
import { staleParent } from './stale-parent.ts'
import { staleTc } from './stale-tc.ts'
import { usurp } from './usurp.ts'
import { withholdCommits } from './withhold-commits.ts'
import { withholdVotes } from './withhold-votes.ts'
import { wrongRoot } from './wrong-root.ts'

export const STRATEGIES: ReadonlyMap<string, Strategy> = new Map([
  ['abuse-governance', abuseGovernance],
  ['bad-attachment', badAttachment],
  ['bad-header', badHeader],
  ['bad-signature', badSignature],
  ['cut-suffix', cutSuffix],
  ['double-vote', doubleVote],
  ['duplicate-signers', duplicateSigners],
  ['early-commit', earlyCommit],
  ['equivocate', equivocate],
  ['flood', flood],
  ['forge-commit', forgeCommit],
  ['forge-justification', forgeJustification],
  ['forge-tc', forgeTc],
  ['forge-votes', forgeVotes],
  ['frame', frame],
  ['future-time', futureTime],
  ['future-votes', futureVotes],
  ['hide-lock', hideLock],
  ['invalid-transactions', invalidTransactions],
  ['late', late],
  ['late-entry', lateEntry],
  ['lie-high', lieHigh],
  ['lie-low', lieLow],
  ['lone-qc', loneQc],
  ['lone-tc', loneTc],
  ['lone-timeouts', loneTimeouts],
  ['lying-server', lyingServer],
  ['misquote', misquote],
  ['mutate', mutate],
  ['narrow-justify', narrowJustify],
  ['other-domain', otherDomain],
  ['other-tc', otherTc],
  ['replay-epochs', replayEpochs],
  ['selective-send', selectiveSend],
  ['silent', silent],
  ['silent-leader', silentLeader],
  ['split-timeout', splitTimeout],
  ['stale-justify', staleJustify],
  ['stale-parent', staleParent],
  ['stale-tc', staleTc],
  ['usurp', usurp],
  ['withhold-commits', withholdCommits],
  ['withhold-votes', withholdVotes],
  ['wrong-root', wrongRoot],
])
