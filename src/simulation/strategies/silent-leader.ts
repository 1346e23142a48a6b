/** Never proposes. */
import { messageStrategy } from '../strategy.ts'

export const silentLeader = messageStrategy(() => (message) => (message.kind === 'proposal' ? [] : [message]))
