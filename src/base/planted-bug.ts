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
