/**
 * The account of the network itself: validator records, counters, schedule and recent blocks
 * lie in its storage (see ledger/system). It has no calls yet, so every call reverts.
 */

import { defineModule } from '../module.ts'
import { SYSTEM_ADDRESS } from '../system/system-account.ts'

export const validators = defineModule({ name: 'validators', address: SYSTEM_ADDRESS, abi: [], call: {}, view: {} })
