/** `tertia validator rotate`: another key for a validator, without a vote and without a restart. */
import type { Command } from 'commander'
import type { Hex } from '../../base/bytes.ts'
import { encodeValidatorsCall } from '../../ledger/modules/validators/encode-call.ts'
import { askAdmin, DATA_OPTION } from '../admin-client.ts'
import { type CliIo, show } from '../io.ts'
import { callValidators } from '../validators-call.ts'

interface RotateOptions {
  readonly data: string
  readonly json?: true
}

/** As `admin_nextKey` answers. */
interface NextKey {
  readonly path: string
  readonly consensusKey: Hex
  readonly proof: Hex
}

export function registerRotate(validator: Command, io: CliIo): void {
  validator
    .command('rotate')
    .description('sign with a new key from the next epoch on: the node makes it and needs no restart')
    .requiredOption(...DATA_OPTION)
    .option('--json', 'print JSON')
    .action((options: RotateOptions) => rotate(options, io))
}

async function rotate({ data, json }: RotateOptions, io: CliIo): Promise<void> {
  const { path, consensusKey, proof } = await askAdmin<NextKey>(data, 'admin_nextKey')
  const { hash, height } = await callValidators(data, encodeValidatorsCall('rotateKey', [consensusKey, proof]))
  show(io, json, { hash, height, consensusKey, path }, () =>
    [
      `in block ${height}: the key ${consensusKey} is this validator's from the next epoch on`,
      `the node holds it, in ${path}, and signs with it by itself`,
      'next       keep a copy of that file offline, never of its .signing; the old key signs nothing any more',
    ].join('\n'),
  )
}
