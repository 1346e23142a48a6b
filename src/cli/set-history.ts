/** How the set of validators has changed, epoch by epoch, from the sets that the chain names. */
import type { Address } from '../types/ids.ts'
import type { Ask } from './members.ts'

interface SetMember {
  readonly address: Address
  readonly consensusKey: string
  readonly leads: boolean
}

interface SetProof {
  readonly toEpoch: number
  readonly links: readonly { readonly epoch: number; readonly validators: readonly SetMember[] | null }[]
}

/** What the first block of an epoch found changed; the ends of epochs that changed nothing are left out. */
export interface SetChange {
  readonly epoch: number
  readonly added: readonly Address[]
  readonly removed: readonly Address[]
  readonly rotated: readonly Address[]
  /** Who leads no more: it waits to be replaced. */
  readonly leaving: readonly Address[]
}

export async function readChanges(ask: Ask): Promise<readonly SetChange[]> {
  const changes: SetChange[] = []
  let before: readonly SetMember[] | undefined
  for (let from = 0; ; ) {
    const { links, toEpoch } = await ask<SetProof>('bft_getValidatorSetProof', [from])
    for (const { epoch, validators } of links) {
      if (validators === null) continue
      if (before !== undefined) changes.push(changeOf(epoch + 1, before, validators))
      before = validators
    }
    if (toEpoch === from) return changes
    from = toEpoch
  }
}

function changeOf(epoch: number, before: readonly SetMember[], after: readonly SetMember[]): SetChange {
  const earlier = new Map(before.map((member) => [member.address, member]))
  const later = new Set(after.map(({ address }) => address))
  const addressesOf = (members: readonly SetMember[]) => members.map(({ address }) => address)
  return {
    epoch,
    added: addressesOf(after.filter(({ address }) => !earlier.has(address))),
    removed: addressesOf(before.filter(({ address }) => !later.has(address))),
    rotated: addressesOf(
      after.filter(
        ({ address, consensusKey }) => (earlier.get(address)?.consensusKey ?? consensusKey) !== consensusKey,
      ),
    ),
    leaving: addressesOf(after.filter(({ address, leads }) => !leads && earlier.get(address)?.leads === true)),
  }
}
