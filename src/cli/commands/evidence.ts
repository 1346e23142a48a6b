/** `tertia evidence`: proof of what validators did, and bringing it to a network. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { fromHex, isHex } from '../../base/bytes.ts'
import { OFFENCES, statementsOf } from '../../node/block-log.ts'
import { EXIT } from '../../node/exit-codes.ts'
import { decodeEvidence, type EvidenceKind } from '../../types/evidence.ts'
import type { Address, Hash } from '../../types/ids.ts'
import { fail } from '../failure.ts'
import { type CliIo, show } from '../io.ts'
import { type Ask, labelOf, readMembers } from '../members.ts'
import { hash, httpUrl } from '../options.ts'
import { RefusedRequest, RPC_URL_DEFAULT, RpcClient } from '../rpc-client.ts'
import { reasonOf } from '../validators-call.ts'

interface EvidenceOptions {
  readonly rpc: string
  readonly json?: true
}

/** As `bft_getEvidence` answers. */
interface Listed {
  readonly id: Hash
  readonly kind: EvidenceKind
  readonly culprit: Address
  readonly epoch: number
  readonly view: number
  readonly evidence: string | null
  readonly accepted: {
    readonly height: number
    /** Null: before the snapshot that the node began with. */
    readonly transactionHash: Hash | null
    readonly submitter: Address
  } | null
}

export function registerEvidence(program: Command, io: CliIo): void {
  const evidence = program.command('evidence').description('list, show and submit proof of what validators did')
  const verb = (name: string, description: string) =>
    evidence
      .command(name)
      .description(description)
      .option('--rpc <url>', 'node to ask', httpUrl, RPC_URL_DEFAULT)
      .option('--json', 'print JSON')
  verb('list', 'list what the node holds and what the chain has accepted, the newest first').action(
    (options: EvidenceOptions) => list(options, io),
  )
  verb('show', 'show one piece of it, with the statements that contradict each other')
    .argument('<id>', 'as "evidence list" prints it', hash)
    .action((id: Hash, options: EvidenceOptions) => showOne(id, options, io))
  verb('submit', 'give it to a node, which judges it and passes it on; validators bring it to the chain')
    .argument('<evidence>', 'hexadecimal, as "evidence show" prints it, or a file that holds it')
    .action((given: string, options: EvidenceOptions) => submit(given, options, io))
}

function asking({ rpc }: EvidenceOptions): Ask {
  const client = new RpcClient(rpc)
  return (method, params) => client.call(method, params)
}

async function list(options: EvidenceOptions, io: CliIo): Promise<void> {
  const ask = asking(options)
  const listed = await ask<readonly Listed[]>('bft_getEvidence')
  const nameOf = await namesOf(ask)
  const oldest = options.json === true ? 0 : await oldestBlock(ask)
  show(io, options.json, listed, () =>
    [
      listed.map((each) => lineOf(each, nameOf)).join('\n') || 'nobody is accused',
      ...(oldest === 0
        ? []
        : [`what was accepted before block ${oldest} is not listed: the node began with a snapshot`]),
    ].join('\n'),
  )
}

async function showOne(id: Hash, options: EvidenceOptions, io: CliIo): Promise<void> {
  const ask = asking(options)
  const [found] = await ask<readonly Listed[]>('bft_getEvidence', [id])
  if (found === undefined) return fail(`neither the node nor the chain has evidence ${id}`)
  const nameOf = await namesOf(ask)
  const { accepted } = found
  show(io, options.json, found, () =>
    [
      lineOf(found, nameOf),
      ...statements(found.evidence).map(([name, value]) => `  ${name.padEnd(10)} ${value}`),
      ...(accepted === null ? [] : [`  ${'submitted'.padEnd(10)} by ${accepted.submitter} ${placeOf(accepted)}`]),
      ...(found.evidence === null ? [] : [`  ${'evidence'.padEnd(10)} ${found.evidence}`]),
    ].join('\n'),
  )
}

/** 0 unless the node began with a snapshot. */
async function oldestBlock(ask: Ask): Promise<number> {
  try {
    const { number } = await ask<{ readonly number: string }>('eth_getBlockByNumber', ['earliest', false])
    return Number(number)
  } catch (error) {
    // A node need not offer `eth`.
    if (error instanceof RefusedRequest) return 0
    throw error
  }
}

function placeOf({ transactionHash }: NonNullable<Listed['accepted']>): string {
  return transactionHash === null
    ? 'in a transaction that this node, which began with a snapshot, does not have: ask one that has all blocks'
    : `in ${transactionHash}`
}

async function submit(given: string, options: EvidenceOptions, io: CliIo): Promise<void> {
  const text = isHex(given) ? given : (contentOf(given) ?? '')
  if (!isHex(text)) fail(`${given} is neither hexadecimal nor a file that holds it`, EXIT.usage)
  const id = await submitted(text, options)
  show(
    io,
    options.json,
    { id },
    () => `${id} is true and passed on: "tertia evidence show ${id}" says when it is on the chain`,
  )
}

/** Undefined: there is no such file. */
function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

async function submitted(text: string, options: EvidenceOptions): Promise<Hash> {
  try {
    return await asking(options)<Hash>('bft_submitEvidence', [text])
  } catch (error) {
    const reason = error instanceof RefusedRequest ? reasonOf(error.data) : undefined
    if (reason !== undefined) fail(reason)
    throw error
  }
}

function lineOf({ id, kind, culprit, epoch, view, accepted }: Listed, nameOf: (culprit: Address) => string): string {
  const place = accepted === null ? 'held by this node' : `on the chain in block ${accepted.height}`
  return `${id}  ${OFFENCES[kind]} by ${nameOf(culprit)}, epoch ${epoch}, view ${view}, ${place}`
}

function statements(evidence: string | null): readonly (readonly [string, string])[] {
  const decoded = evidence === null ? undefined : decodeEvidence(fromHex(evidence))
  if (decoded?.ok !== true) return []
  return Object.entries(statementsOf(decoded.value)).map(([name, value]) => [name, String(value)])
}

/** Of those who are still members; others go by their address. */
async function namesOf(ask: Ask): Promise<(culprit: Address) => string> {
  const { validators, candidates } = await readMembers(ask)
  const labels = new Map([...validators, ...candidates].map((member) => [member.address, labelOf(member)]))
  return (culprit) => labels.get(culprit) ?? culprit
}
