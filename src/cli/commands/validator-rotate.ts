/** `tertia validator rotate`: another key for a validator, without a vote. */
import { join } from 'node:path'
import type { Command } from 'commander'
import { toHex } from '../../base/bytes.ts'
import { encodeValidatorsCall } from '../../ledger/modules/validators/encode-call.ts'
import { readPublicKey } from '../../node/key-file.ts'
import type { NodeInfo } from '../../node/node-api.ts'
import { createSigningRecord } from '../../node/signing-record-file.ts'
import { askAdmin, DATA_OPTION } from '../admin-client.ts'
import { unwrap } from '../failure.ts'
import { type CliIo, show } from '../io.ts'
import { CONSENSUS_KEY_FILE } from '../key-directory.ts'
import { proofOfPossession } from '../possession.ts'
import { callValidators } from '../validators-call.ts'

interface RotateOptions {
  readonly data: string
  readonly keys: string
  readonly passphraseFile?: string
  readonly json?: true
}

export function registerRotate(validator: Command, io: CliIo): void {
  validator
    .command('rotate')
    .description('sign with another key from the next epoch on')
    .requiredOption(...DATA_OPTION)
    .requiredOption('--keys <dir>', 'directory of the new key, as "tertia keys new" makes it')
    .option('--passphrase-file <file>', 'file whose first line unlocks the new key')
    .option('--json', 'print JSON')
    .action((options: RotateOptions) => rotate(options, io))
}

async function rotate(options: RotateOptions, io: CliIo): Promise<void> {
  const { data, keys, json } = options
  const path = join(keys, CONSENSUS_KEY_FILE)
  const { genesisHash } = await askAdmin<NodeInfo>(data, 'admin_nodeInfo')
  const consensusKey = toHex(unwrap(readPublicKey(path)).consensusKey)
  const proof = await proofOfPossession(path, genesisHash, options, io)
  const { hash, height } = await callValidators(data, encodeValidatorsCall('rotateKey', [consensusKey, proof]))
  // It has signed nothing: nobody knew of it before.
  unwrap(await createSigningRecord(path, genesisHash))
  show(io, json, { hash, height, consensusKey }, () =>
    [
      `in block ${height}: the key ${consensusKey} is this validator's from the next epoch on`,
      `next       set "consensusKeyPath" in node.json to ${path} and start the node again when the epoch has ended`,
      'afterwards keep the old key and its signing record where nothing starts with them',
    ].join('\n'),
  )
}
