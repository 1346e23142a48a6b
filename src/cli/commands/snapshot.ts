/** `tertia snapshot`: the state of a chain in a file, and a node that begins with it. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { silentLogger } from '../../base/logger.ts'
import { readConfig } from '../../node/config.ts'
import type { BegunChain } from '../../node/snapshot/begin-chain.ts'
import { unwrap } from '../failure.ts'
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
    .description('write the state of a stopped node to a file, with what proves it')
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

async function exportTo({ data, to, height, json }: ExportOptions, io: CliIo): Promise<void> {
  const { exportSnapshot } = await import('../../node/snapshot/export-snapshot.ts')
  const exported = unwrap(await exportSnapshot(unwrap(readConfig(`${data}/node.json`)), resolve(to), height ?? null))
  show(
    io,
    json,
    exported,
    () =>
      `block ${exported.height} ${exported.blockHash}, state ${exported.stateRoot}: ${exported.bytes} bytes in ${to}`,
  )
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
