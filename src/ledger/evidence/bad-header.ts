/** What is wrong with a header for anyone who knows its epoch's validators and schedule, and nothing else. */
import type { Header } from '../../types/header.ts'
import type { View } from '../../types/ids.ts'
import type { Validator } from '../../types/validator-set.ts'

export interface JudgedEpoch {
  /** In the order of their set. */
  readonly validators: readonly Validator[]
  /** Indices of validators; view v is led by the one at v mod length. */
  readonly schedule: readonly number[]
}

export function leaderAt({ validators, schedule }: JudgedEpoch, view: View): Validator | undefined {
  const index = schedule[view % schedule.length]
  return index === undefined ? undefined : validators[index]
}

/** An honest leader never signs such a header, and an honest replica never votes for one. */
export function isBadHeader({ miner, consensus }: Header, epoch: JudgedEpoch): boolean {
  const { view, justifyView, tcDigest } = consensus
  if (leaderAt(epoch, view)?.address !== miner) return true
  if (justifyView >= view) return true
  return (justifyView === view - 1) !== (tcDigest === null)
}
