/** `tertia snapshot`: the state of a chain in a file, and a node that begins with it. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { readConfig } from '../../node/config.ts'
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

async function importFrom(file: string, { data, json }: ImportOptions, io: CliIo): Promise<void> {
  const { importSnapshot } = await import('../../node/snapshot/import-snapshot.ts')
  const onStep = (step: string): void => show(io, json, { step }, () => `✓ ${step}`)
  const imported = unwrap(await importSnapshot(unwrap(readConfig(`${data}/node.json`)), resolve(file), onStep))
  show(io, json, imported, () => `the chain begins with block ${imported.height}: tertia start --data ${data}`)
}
