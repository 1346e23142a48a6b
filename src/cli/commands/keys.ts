/** `tertia keys`: the keys of a validator and what others may know of them. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { toHex } from '../../base/bytes.ts'
import { isMemberName, NAME_LENGTH_MAX } from '../../ledger/member-fields.ts'
import { isMultiaddr } from '../../network/libp2p/address.ts'
import { peerIdOfKey } from '../../network/libp2p/network-key.ts'
import { EXIT } from '../../node/exit-codes.ts'
import {
  createConsensusKey,
  type PublicKey,
  readPassphrase,
  readPublicKey,
  writeConsensusKey,
} from '../../node/keys/key-file.ts'
import { createNetworkKeyFile, readNetworkKey } from '../../node/keys/network-key-file.ts'
import { makeDirectory } from '../../storage/node-files/sync-names.ts'
import { fail, unwrap } from '../failure.ts'
import { genesisHash } from '../genesis-hash.ts'
import { type CliIo, show } from '../io.ts'
import { CONSENSUS_KEY_FILE, NETWORK_KEY_FILE } from '../key-directory.ts'
import { proofOfPossession } from '../possession.ts'

const PASSPHRASE_LENGTH_MIN = 8
const OUT_DEFAULT = 'keys'

interface NewOptions {
  readonly out: string
  readonly passphraseFile?: string
  readonly insecurePlain?: true
  readonly json?: true
}

interface ExportOptions {
  readonly keys: string
  readonly name: string
  readonly announce: string
  readonly genesis?: string
  readonly passphraseFile?: string
}

export function registerKeys(program: Command, io: CliIo): void {
  const keys = program.command('keys').description('make and show the keys of a validator')
  keys
    .command('new')
    .description('make a consensus key and a network key')
    .option('--out <dir>', 'directory for the key files', OUT_DEFAULT)
    .option('--passphrase-file <file>', 'file whose first line locks the consensus key')
    .option('--insecure-plain', 'do not lock the consensus key')
    .option('--json', 'print JSON')
    .action((options: NewOptions) => makeKeys(options, io))
  keys
    .command('export-public')
    .description('print what the coordinator of a network needs for its genesis, or its validators to vote on')
    .option('--keys <dir>', 'directory of the key files', OUT_DEFAULT)
    .requiredOption('--name <name>', 'name of the validator', memberName)
    .requiredOption('--announce <multiaddr>', 'where others reach it: /dns4/alice.example/tcp/30600', peerPlace)
    .option('--genesis <hash>', 'prove that the key is held, for a network that runs: hash of block 0, or a file')
    .option('--passphrase-file <file>', 'file whose first line unlocks the consensus key, for the proof')
    .option('--json', 'accepted for symmetry: the output is always JSON')
    .action((options: ExportOptions) => exportPublic(options, io))
}

function memberName(text: string): string {
  if (isMemberName(text)) return text
  throw new InvalidArgumentError(`Expected 1 to ${NAME_LENGTH_MAX} characters.`)
}

/** Without the peer id, which is the key's. */
function peerPlace(text: string): string {
  if (isMultiaddr(text) && !text.includes('/p2p/')) return text.replace(/\/$/, '')
  throw new InvalidArgumentError('Expected a multiaddr such as /dns4/alice.example/tcp/30600.')
}

async function makeKeys(options: NewOptions, io: CliIo): Promise<void> {
  const path = join(options.out, CONSENSUS_KEY_FILE)
  const networkPath = join(options.out, NETWORK_KEY_FILE)
  // Both are looked for first, so that no half of a pair is made.
  for (const file of [path, networkPath])
    if (existsSync(file)) fail(`${file} exists already: choose another directory with --out`, EXIT.refused)
  const passphrase = options.insecurePlain === true ? null : await choosePassphrase(options, io)
  makeDirectory(options.out)
  const publicKey = unwrap(writeConsensusKey(path, createConsensusKey(), passphrase))
  const network = await createNetworkKeyFile(networkPath)
  // Nobody knows the key yet, and half of a pair would be in the way of the next attempt.
  if (!network.ok) rmSync(path)
  const peerId = unwrap(network)
  const { address, consensusKey } = shown(publicKey)
  show(io, options.json, { address, consensusKey, peerId, path, networkPath }, () =>
    [
      `address        ${address}`,
      `consensus key  ${consensusKey}   in ${path}`,
      `peer id        ${peerId}   in ${networkPath}`,
      `next           tertia keys export-public --keys ${options.out} --name NAME --announce /dns4/HOST/tcp/30600`,
    ].join('\n'),
  )
}

async function choosePassphrase(options: NewOptions, io: CliIo): Promise<string> {
  const given = unwrap(readPassphrase(options.passphraseFile ?? null))
  if (given !== null) return longEnough(given)
  if (!io.interactive)
    return fail('give --passphrase-file FILE, set TERTIA_PASSPHRASE, or --insecure-plain', EXIT.usage)
  const passphrase = longEnough(await io.askSecret('passphrase for the consensus key: '))
  if ((await io.askSecret('the same again: ')) !== passphrase) fail('the two passphrases differ')
  return passphrase
}

function longEnough(passphrase: string): string {
  if (passphrase.length >= PASSPHRASE_LENGTH_MIN) return passphrase
  return fail(`the passphrase needs at least ${PASSPHRASE_LENGTH_MIN} characters`)
}

async function exportPublic(options: ExportOptions, io: CliIo): Promise<void> {
  const { keys, name, announce, genesis } = options
  const path = join(keys, CONSENSUS_KEY_FILE)
  const publicKey = unwrap(readPublicKey(path))
  const peerId = peerIdOfKey(unwrap(readNetworkKey(join(keys, NETWORK_KEY_FILE))))
  const proof =
    genesis === undefined
      ? {}
      : { proofOfPossession: await proofOfPossession(path, await genesisHash(genesis), options, io) }
  io.out(`${JSON.stringify({ name, ...shown(publicKey), peer: `${announce}/p2p/${peerId}`, ...proof }, null, 2)}\n`)
}

function shown({ address, consensusKey }: PublicKey) {
  return { address, consensusKey: toHex(consensusKey) }
}
