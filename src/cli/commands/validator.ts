/** `tertia validator`: who agrees, and what a validator's operator says on its behalf. */
import type { Command } from 'commander'
import { encodeValidatorsCall } from '../../ledger/modules/validators/encode-call.ts'
import { DATA_OPTION } from '../admin-client.ts'
import { fail } from '../failure.ts'
import { type CliIo, show } from '../io.ts'
import { findMember } from '../members.ts'
import { choice, httpUrl, integer } from '../options.ts'
import { RPC_URL_DEFAULT, RpcClient } from '../rpc-client.ts'
import { readChanges } from '../set-history.ts'
import { listMembers, listProposals, showMember, showProposal } from '../validator-views.ts'
import { callValidators, logged } from '../validators-call.ts'
import { registerPropose } from './validator-propose.ts'
import { registerRotate } from './validator-rotate.ts'

interface ReadOptions {
  readonly rpc: string
  readonly json?: true
}

interface CallOptions {
  readonly data: string
  readonly json?: true
}

export function registerValidator(program: Command, io: CliIo): void {
  const validator = program
    .command('validator')
    .description('who agrees: list, show, and speak for the validator of a running node')
  registerReads(validator, io)
  registerPropose(validator, io)
  speaks(validator.command('vote').description('vote on a proposal; another vote replaces the first'))
    .argument('<id>', 'number of the proposal', integer(1, Number.MAX_SAFE_INTEGER))
    .argument('<vote>', 'yes or no', choice(['yes', 'no'] as const))
    .action((id: number, vote: 'yes' | 'no', options: CallOptions) => castVote(id, vote === 'yes', options, io))
  registerRotate(validator, io)
  speaks(validator.command('leave').description('leave, without a vote, as soon as the others are enough')).action(
    async ({ data, json }: CallOptions) => {
      const { hash, height } = await callValidators(data, encodeValidatorsCall('leave', []))
      show(
        io,
        json,
        { hash, height },
        () => `in block ${height}: it leaves as soon as the others are enough without it`,
      )
    },
  )
}

function registerReads(validator: Command, io: CliIo): void {
  const reads = (name: string, description: string) =>
    validator
      .command(name)
      .description(description)
      .option('--rpc <url>', 'node to ask', httpUrl, RPC_URL_DEFAULT)
      .option('--json', 'print JSON')
  reads('list', 'list validators and candidates, open proposals, and how the set has changed').action(
    async ({ rpc, json }: ReadOptions) => {
      const ask = asking(rpc)
      const listed = await listMembers(ask)
      const changes = await readChanges(ask)
      show(io, json, { ...listed.members, open: listed.open, changes }, () => listed.text(changes))
    },
  )
  reads('show', 'show one validator or candidate')
    .argument('<validator>', 'its name, number or address')
    .action(async (text: string, { rpc, json }: ReadOptions) => {
      const member = await findMember(asking(rpc), text)
      show(io, json, member, () => showMember(member))
    })
  reads('proposals', 'list what has been proposed, or show one proposal')
    .argument('[id]', 'number of a proposal', integer(1, Number.MAX_SAFE_INTEGER))
    .action(async (id: number | undefined, { rpc, json }: ReadOptions) => {
      const ask = asking(rpc)
      const { proposals, labels } = await listProposals(ask)
      if (id === undefined) {
        show(io, json, proposals, () => proposals.map((each) => showProposal(each, labels)).join('\n') || 'none')
        return
      }
      const proposal = proposals.find((each) => each.id === id) ?? fail(`there is no proposal ${id}`)
      show(io, json, proposal, () => showProposal(proposal, labels))
    })
}

function asking(rpc: string) {
  const client = new RpcClient(rpc)
  return <T>(method: string, params?: readonly unknown[]) => client.call<T>(method, params)
}

function speaks(command: Command): Command {
  return command.requiredOption(...DATA_OPTION).option('--json', 'print JSON')
}

async function castVote(id: number, approve: boolean, { data, json }: CallOptions, io: CliIo): Promise<void> {
  const call = await callValidators(data, encodeValidatorsCall('vote', [BigInt(id), approve]))
  const passed = logged(call, 'Passed').length > 0
  show(io, json, { hash: call.hash, height: call.height, id, approve, passed }, () => {
    const outcome = passed ? 'it has passed' : 'it takes more votes'
    return `voted ${approve ? 'yes' : 'no'} on proposal ${id} in block ${call.height}: ${approve ? outcome : 'it stays open'}`
  })
}
