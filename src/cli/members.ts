/** Validators and candidates, as RPC shows them and as people name them. */
import { type Address, parseAddress } from '../types/ids.ts'
import { fail } from './failure.ts'

/** As `bft_getValidators` and `bft_getCandidates` answer. */
export interface Member {
  readonly address: Address
  readonly consensusKey: string
  readonly signer: Address
  readonly name: string
  readonly peer: string
  readonly feeRecipient: Address
  readonly standing: 'candidate' | 'validator' | 'removed'
  readonly jailed: boolean
  readonly leads: boolean
  readonly addedAt: number
  readonly readyAt: number
  readonly proposed: number
  readonly missed: number
  readonly voted: number
}

/** How a member is asked about: over HTTP or over a node's socket. */
export type Ask = <T>(method: string, params?: readonly unknown[]) => Promise<T>

export async function readMembers(ask: Ask): Promise<{ validators: readonly Member[]; candidates: readonly Member[] }> {
  const [validators, candidates] = await Promise.all([
    ask<readonly Member[]>('bft_getValidators'),
    ask<readonly Member[]>('bft_getCandidates'),
  ])
  return { validators, candidates }
}

/** By address, by name, or by the number in a name like `v2`, which a devnet gives. */
export async function findMember(ask: Ask, text: string): Promise<Member> {
  const { validators, candidates } = await readMembers(ask)
  const members = [...validators, ...candidates]
  const address = parseAddress(text)
  const found = members.filter((each) =>
    address === undefined ? each.name === text || each.name === `v${text}` : each.address === address,
  )
  const [member] = found
  if (found.length > 1) fail(`${found.length} validators have the name ${text}: give an address`)
  return member ?? fail(`${text} is no validator or candidate: ${members.map(labelOf).join(', ')}`)
}

export function labelOf({ name, address }: Pick<Member, 'name' | 'address'>): string {
  return name === '' ? address : name
}

export function stateOf({ standing, jailed, leads, readyAt }: Member): string {
  if (jailed) return 'jailed'
  if (standing === 'candidate') return readyAt > 0 ? `candidate, ready at block ${readyAt}` : 'candidate, not ready'
  return leads ? 'validator' : 'leaving'
}
