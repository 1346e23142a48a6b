/** Logs what a call makes due; what was waiting before happens without a log. */
import { toHex } from '../../../base/bytes.ts'
import { readNewKey } from '../../system/pending-changes.ts'
import type { CallingContext } from './abi.ts'
import { makeDue } from './set-change.ts'

/** After a decision, and after whatever lets a decision happen. */
export function makeDueAndLog(context: CallingContext): void {
  const { words, rules, block } = context
  for (const { kind, subject } of makeDue(words, rules.governance, block.height)) {
    switch (kind) {
      case 'remove':
      case 'convict':
      case 'withdraw':
        context.emit('ValidatorRemoved', [subject])
        break
      case 'add':
      case 'replace':
        context.emit('ValidatorAdded', [subject])
        break
      case 'rotate':
        context.emit('KeyRotated', [subject, toHex(readNewKey(words, subject))])
        break
    }
  }
}
