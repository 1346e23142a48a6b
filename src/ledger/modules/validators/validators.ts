/**
 * How a network governs itself (docs/ledger.md, "Governance"): its validators accuse, vote, add and
 * replace each other. The account is the network's own, so all of it is proven like any storage.
 */

import { SYSTEM_ADDRESS } from '../../system/system-account.ts'
import { defineSystemModule } from '../../system-module.ts'
import { validatorsAbi } from './abi.ts'
import { ready } from './candidates.ts'
import { submitEvidence } from './evidence.ts'
import { rotateKey } from './key-rotation.ts'
import { leave, setFeeRecipient, setPeer } from './membership.ts'
import { settingsIn } from './parameters.ts'
import { proposeAdd, proposeParam, proposeRemove } from './propose.ts'
import { candidates, evidence, validators as members, proposal, proposals, validator } from './views.ts'
import { vote } from './vote.ts'

export const validators = defineSystemModule({
  name: 'validators',
  address: SYSTEM_ADDRESS,
  abi: validatorsAbi,
  call: {
    proposeAdd,
    proposeRemove,
    proposeParam,
    vote,
    ready,
    rotateKey,
    submitEvidence,
    setFeeRecipient,
    setPeer,
    leave,
  },
  view: {
    validators: members,
    candidates,
    validator,
    proposal,
    proposals,
    evidence,
    params: ({ words }) => settingsIn(words),
  },
})
