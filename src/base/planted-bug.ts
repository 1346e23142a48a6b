/**
 * Bugs that are planted on purpose, one at a time, to prove that the checkers see them. Every place
 * that asks does so behind `__CANARIES__`, which the build sets to false: the product has none of it.
 */
export const PLANTED_BUGS = [
  'quorum-too-small',
  'commit-after-timeout',
  'lock-forgotten',
  'certificate-signatures-unchecked',
  'tc-signatures-unchecked',
  'tc-lock-unchecked',
  'vote-signatures-unchecked',
  'record-not-persisted',
  'journal-not-synced',
  'sent-before-synced',
  'receipt-before-durable',
  'pending-blocks-forgotten',
  'replay-not-awaited',
  'own-block-taken-for-proof',
  'overtaken-answer-blamed',
  'one-signing-slot',
  'work-without-end',
  'tip-not-paid',
  'fee-lost',
  'parent-unchecked',
  'justify-gap-accepted',
  'lock-of-tc-ignored',
  'vote-twice',
  'backoff-uncapped',
  'proposal-twice',
  'view-by-timer',
  'timeout-said-once',
  'statements-not-repeated',
  'flush-forgotten',
  'proposes-on-tip',
  'duplicate-vote-counted',
  'vote-window-open',
  'balance-unchecked',
  'receipts-reversed',
  'refund-forgotten',
  'self-transfer-mints',
  'revert-forgotten',
  'nonce-unchecked',
  'compare-skipped',
  'commit-certificate-unchecked',
  'tc-quorum-unchecked',
  'tc-signer-repeated',
  'tc-entry-view-unchecked',
  'commit-vote-signatures-unchecked',
  'vote-taken-for-commit',
  'timeout-qc-unchecked',
  'attached-vote-unchecked',
  'leader-unchecked',
  'justify-digest-unchecked',
  'slot-checksum-unchecked',
  'torn-tail-kept',
  'name-not-synced',
  'write-failure-ignored',
  'pool-drops-followers',
  'queued-before-executable',
  'fetched-block-unchecked',
  'map-order',
  'block-not-stored',
  'commit-order-reversed',
  'final-told-twice',
  'future-time-accepted',
  'evidence-of-any-chain',
  'evidence-signatures-unchecked',
  'evidence-of-two-views',
  'evidence-order-unchecked',
  'evidence-held-twice',
  'detector-forgets',
  'end-ignored',
  'signs-after-the-end',
  'record-of-old-epoch-kept',
  'evidence-not-submitted',
  'proven-not-voted-on',
  'ready-said-once',
  'evidence-punished-twice',
  'removal-quorum-low',
  'vote-counted-again',
  'ready-root-unchecked',
  'shrinks-below-minimum',
  'free-calls-unlimited',
] as const

export type PlantedBug = (typeof PLANTED_BUGS)[number]

let active: PlantedBug | null = null

/** Null: none. */
export function plantBug(bug: PlantedBug | null): void {
  active = bug
}

export function isPlanted(bug: PlantedBug): boolean {
  return active === bug
}
