/** `tertia snapshot`: the state of a chain in a file, and a node that begins with it. */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { fromHex, type Hex, toHex } from '../../base/bytes.ts'
import { silentLogger } from '../../base/logger.ts'
import { err, type Result } from '../../base/result.ts'
import { encodeRequest, type Request } from '../../network/requests.ts'
import { readConfig } from '../../node/config.ts'
import { EXIT, type Refusal, refusal } from '../../node/exit-codes.ts'
import type { BegunChain } from '../../node/snapshot/begin-chain.ts'
import type { ExportedSnapshot } from '../../node/snapshot/write-snapshot.ts'
import { adminSocket } from '../../node/socket-place.ts'
import { askAdmin } from '../admin-client.ts'
import { fail, unwrap } from '../failure.ts'
import { type CliIo, show } from '../io.ts'
import { integer } from '../options.ts'

interface ExportOptions {
  readonly data: string
  readonly to: string
  readonly height?: number
  readonly json?: true
}

interface ImportOptions {
  readonly data: string
  readonly json?: true
}

export function registerSnapshot(program: Command, io: CliIo): void {
  const snapshot = program.command('snapshot').description('begin with the state of a chain instead of its history')
  snapshot
    .command('export')
    .description(
      'write the state of a node to a file, with what proves it: of a running one at the end of its newest epoch',
    )
    .requiredOption('--data <dir>', 'data directory of the node')
    .requiredOption('--to <file>', 'file to write')
    .option(
      '--height <number>',
      'after this block, which has to have a proof of its own',
      integer(1, Number.MAX_SAFE_INTEGER),
    )
    .option('--json', 'print JSON')
    .action((options: ExportOptions) => exportTo(options, io))
  snapshot
    .command('import')
    .description('verify a snapshot and begin with it, in a data directory without a chain')
    .argument('<file>', 'what "tertia snapshot export" has written')
    .requiredOption('--data <dir>', 'data directory, as "tertia init" makes it')
    .option('--json', 'print lines of JSON')
    .action((file: string, options: ImportOptions) => importFrom(file, options, io))
  snapshot
    .command('fetch')
    .description('fetch the newest snapshot from the peers of the network, verify it and begin with it')
    .requiredOption('--data <dir>', 'data directory without a chain, as "tertia init" makes it')
    .option('--json', 'print lines of JSON')
    .action((options: ImportOptions) => fetchFromPeers(options, io))
}

async function exportTo(options: ExportOptions, io: CliIo): Promise<void> {
  const { to, json } = options
  const exported = unwrap(await snapshotOf(options))
  show(
    io,
    json,
    exported,
    () =>
      `block ${exported.height} ${exported.blockHash}, state ${exported.stateRoot}: ${exported.bytes} bytes in ${to}`,
  )
}

/** From the directory, or from the node that has it open. */
async function snapshotOf({ data, to, height }: ExportOptions): Promise<Result<ExportedSnapshot, Refusal>> {
  const { exportSnapshot } = await import('../../node/snapshot/export-snapshot.ts')
  if (statSync(to, { throwIfNoEntry: false })?.isDirectory() === true) fail(`${to} is a directory: name a file`)
  const config = unwrap(readConfig(`${data}/node.json`))
  const exported = await exportSnapshot(config, resolve(to), height ?? null)
  if (exported.ok || exported.error.exitCode !== EXIT.retry || adminSocket(data).find() === undefined) return exported
  if (height !== undefined)
    return err(refusal('a running node gives the end of its newest epoch: leave out --height, or stop it', EXIT.retry))
  const { exportFromRunning } = await import('../../node/snapshot/export-running.ts')
  return await exportFromRunning((request) => askNode(data, request), resolve(to))
}

async function askNode(data: string, request: Request): Promise<Uint8Array | null> {
  const part = await askAdmin<Hex | null>(data, 'admin_snapshotPart', [toHex(encodeRequest(request))])
  return part === null ? null : fromHex(part)
}

async function importFrom(file: string, options: ImportOptions, io: CliIo): Promise<void> {
  const { importSnapshot } = await import('../../node/snapshot/import-snapshot.ts')
  const config = unwrap(readConfig(`${options.data}/node.json`))
  showBegun(unwrap(await importSnapshot(config, resolve(file), steps(options, io))), options, io)
}

async function fetchFromPeers(options: ImportOptions, io: CliIo): Promise<void> {
  const { fetchSnapshot } = await import('../../node/snapshot/fetch-snapshot.ts')
  const config = unwrap(readConfig(`${options.data}/node.json`))
  showBegun(unwrap(await fetchSnapshot(config, silentLogger, steps(options, io))), options, io)
}

function steps({ json }: ImportOptions, io: CliIo): (step: string) => void {
  return (step) => show(io, json, { step }, () => `✓ ${step}`)
}

function showBegun(begun: BegunChain, { data, json }: ImportOptions, io: CliIo): void {
  show(io, json, begun, () => `the chain begins with block ${begun.height}: tertia start --data ${data}`)
}
