/** Validators, candidates and proposals, as a person reads them. */
import type { Address, Hash } from '../types/ids.ts'
import { type Ask, labelOf, type Member, readMembers, stateOf } from './members.ts'
import type { SetChange } from './set-history.ts'

/** As `bft_getProposals` answers. */
export interface Proposal {
  readonly id: number
  readonly kind: 'add' | 'remove' | 'parameter'
  readonly status: 'open' | 'passed' | 'expired'
  readonly proposer: Address | null
  readonly openedAt: number
  readonly subject: Address | null
  readonly evidenceId: Hash | null
  readonly parameter: { readonly name: string; readonly value: string } | null
  readonly consensusKey: string | null
  readonly text: string
  readonly peer: string
  readonly approvals: readonly Address[]
  readonly refusals: readonly Address[]
}

type Labels = ReadonlyMap<Address, string>

/** As many as a node gives at once. */
const PROPOSALS_PAGE = 100

export async function listMembers(ask: Ask) {
  const members = await readMembers(ask)
  const { proposals, labels } = await listProposals(ask)
  const open = proposals.filter(({ status }) => status === 'open')
  const text = (changes: readonly SetChange[]): string =>
    [
      'name         address                                     proposed  missed   voted  state',
      ...[...members.validators, ...members.candidates].map(rowOf),
      ...open.map((proposal) => showProposal(proposal, labels)),
      ...changes.map((change) => showChange(change, labels)),
    ].join('\n')
  return { members, open, text }
}

export async function listProposals(ask: Ask): Promise<{ proposals: readonly Proposal[]; labels: Labels }> {
  const { validators, candidates } = await readMembers(ask)
  const proposals: Proposal[] = []
  for (let from = 1; ; from += PROPOSALS_PAGE) {
    const page = await ask<readonly Proposal[]>('bft_getProposals', [from, PROPOSALS_PAGE])
    proposals.push(...page)
    if (page.length < PROPOSALS_PAGE) break
  }
  return { proposals, labels: new Map([...validators, ...candidates].map((each) => [each.address, labelOf(each)])) }
}

function rowOf(member: Member): string {
  const { name, address, proposed, missed, voted } = member
  const counts = [String(proposed).padStart(8), String(missed).padStart(6), String(voted).padStart(6)]
  return `${name.padEnd(12)} ${address}  ${counts.join('  ')}  ${stateOf(member)}`
}

export function showMember(member: Member): string {
  const { name, address, consensusKey, signer, peer, feeRecipient, addedAt, proposed, missed, voted } = member
  return [
    `name           ${name}`,
    `address        ${address}`,
    `state          ${stateOf(member)}, ${addedAt === 0 ? 'there from the beginning' : `appointed in block ${addedAt}`}`,
    `consensus key  ${consensusKey}`,
    `signs as       ${signer}`,
    `peer           ${peer}`,
    `fees go to     ${feeRecipient}`,
    `this epoch     proposed ${proposed}, missed ${missed}, voted ${voted}`,
  ].join('\n')
}

export function showProposal(proposal: Proposal, labels: Labels): string {
  const { id, status, proposer, openedAt, approvals, refusals } = proposal
  const by = proposer === null ? 'evidence' : labelled(proposer, labels)
  const votes = `${approvals.length} for (${names(approvals, labels)}), ${refusals.length} against (${names(refusals, labels)})`
  return `#${id} ${status}: ${subjectOf(proposal, labels)}; by ${by} in block ${openedAt}; ${votes}`
}

function subjectOf({ kind, subject, parameter, text, peer, evidenceId }: Proposal, labels: Labels): string {
  if (parameter !== null) return `${parameter.name} = ${parameter.value}`
  const who = subject === null ? '' : labelled(subject, labels)
  if (kind === 'add') return `add ${text} ${who} at ${peer}`
  const why = [evidenceId === null ? '' : `evidence ${evidenceId}`, text].filter((each) => each !== '')
  return `remove ${who}${why.length === 0 ? '' : ` (${why.join(', ')})`}`
}

function showChange({ epoch, added, removed, rotated, leaving }: SetChange, labels: Labels): string {
  const parts = [
    ...removed.map((each) => `${labelled(each, labels)} out`),
    ...added.map((each) => `${labelled(each, labels)} in`),
    ...rotated.map((each) => `${labelled(each, labels)} with another key`),
    ...leaving.map((each) => `${labelled(each, labels)} waits to be replaced`),
  ]
  return `epoch ${epoch}: ${parts.join(', ')}`
}

function names(addresses: readonly Address[], labels: Labels): string {
  return addresses.map((each) => labelled(each, labels)).join(' ') || 'nobody'
}

/** Who is no member any more goes by its address. */
function labelled(address: Address, labels: Labels): string {
  return labels.get(address) ?? address
}
