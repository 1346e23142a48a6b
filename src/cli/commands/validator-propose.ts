/** `tertia validator propose`: what the others are to vote on. Whoever proposes votes like everybody else. */
import { existsSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { bigIntToBytes, type Hex, toHex, utf8 } from '../../base/bytes.ts'
import { encodeValidatorsCall } from '../../ledger/modules/validators/encode-call.ts'
import { EXIT } from '../../node/exit-codes.ts'
import { type Hash, ZERO_HASH } from '../../types/ids.ts'
import { askAdmin, DATA_OPTION } from '../admin-client.ts'
import { fail } from '../failure.ts'
import { type CliIo, show } from '../io.ts'
import { findMember, labelOf } from '../members.ts'
import { hash } from '../options.ts'
import { callValidators, logged } from '../validators-call.ts'

interface ProposeOptions {
  readonly data: string
  readonly json?: true
}

interface AddOptions extends ProposeOptions {
  readonly key?: string
  readonly pop?: string
  readonly peer?: string
  readonly name?: string
}

interface RemoveOptions extends ProposeOptions {
  readonly reason: string
  readonly evidence: Hash
}

const HEX = /^0x([0-9a-fA-F]{2})+$/
const KEY_BYTES = 32

export function registerPropose(validator: Command, io: CliIo): void {
  const propose = validator.command('propose').description('propose to add or remove a validator, or a parameter')
  const verb = (name: string, description: string) =>
    propose
      .command(name)
      .description(description)
      .requiredOption(...DATA_OPTION)
      .option('--json', 'print JSON')
  verb('add', 'propose a candidate: it takes part once it says that it is ready')
    .argument('[file]', 'what "tertia keys export-public --genesis" printed, instead of the four options')
    .option('--key <key>', 'consensus key, 33 bytes in hexadecimal')
    .option('--pop <proof>', 'proof of possession, 64 bytes in hexadecimal')
    .option('--peer <multiaddr>', 'where others reach it, with /p2p/ and its peer id')
    .option('--name <name>', 'what it is called')
    .action((file: string | undefined, options: AddOptions) => add(file, options, io))
  verb('remove', 'propose to remove a validator or a candidate')
    .argument('<validator>', 'its name, number or address')
    .option('--reason <text>', 'why, for those who vote', '')
    .option('--evidence <id>', 'evidence on the chain', hash, ZERO_HASH)
    .action((text: string, options: RemoveOptions) => remove(text, options, io))
  verb('param', 'propose a value for a parameter of the network')
    .argument('<name>', 'baseFeePerGas, gasLimit or targetValidators')
    .argument('<value>', 'a whole number, wei for a fee')
    .action((name: string, value: string, options: ProposeOptions) => parameter(name, value, options, io))
}

async function add(file: string | undefined, options: AddOptions, io: CliIo): Promise<void> {
  const { key, pop, peer, name } = { ...(file === undefined ? {} : readExported(file)), ...options }
  if (key === undefined || pop === undefined || peer === undefined || name === undefined)
    return fail('give a file, or --key, --pop, --peer and --name', EXIT.usage)
  if (!HEX.test(key) || !HEX.test(pop)) return fail('--key and --pop are 0x and hexadecimal digits', EXIT.usage)
  await proposed(
    options,
    io,
    `to add ${name}`,
    encodeValidatorsCall('proposeAdd', [key as Hex, pop as Hex, peer, name]),
  )
}

function readExported(file: string): Pick<AddOptions, 'key' | 'pop' | 'peer' | 'name'> {
  if (!existsSync(file)) return fail(`there is no file ${file}`, EXIT.usage)
  const fields = parsed(file)
  const field = (name: string): string => {
    const value = fields[name]
    if (typeof value === 'string') return value
    return fail(`${file} has no ${name}: make it with "tertia keys export-public --genesis"`, EXIT.usage)
  }
  return {
    key: field('consensusKey'),
    pop: field('proofOfPossession'),
    peer: field('peer'),
    name: field('name'),
  }
}

function parsed(file: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(readFileSync(file, 'utf8'))) as Record<string, unknown>
  } catch {
    return fail(`${file} is no JSON`, EXIT.usage)
  }
}

async function remove(text: string, options: RemoveOptions, io: CliIo): Promise<void> {
  const { data, evidence, reason } = options
  const member = await findMember((method, params) => askAdmin(data, method, params), text)
  const { address } = member
  await proposed(
    options,
    io,
    `to remove ${labelOf(member)}`,
    encodeValidatorsCall('proposeRemove', [address, evidence, reason]),
  )
}

async function parameter(name: string, text: string, options: ProposeOptions, io: CliIo): Promise<void> {
  if (!/^\d{1,78}$/.test(text)) return fail('the value is a whole number', EXIT.usage)
  const value = BigInt(text)
  const encoded = toHex(value === 0n ? Uint8Array.of(0) : bigIntToBytes(value))
  await proposed(options, io, `${name} = ${value}`, encodeValidatorsCall('proposeParam', [nameKey(name), encoded]))
}

/** In ASCII, padded on the right. */
function nameKey(name: string): Hash {
  const key = new Uint8Array(KEY_BYTES)
  const bytes = utf8(name)
  if (bytes.length > KEY_BYTES) return fail(`there is no parameter ${name}`)
  key.set(bytes)
  return toHex(key) as Hash
}

async function proposed({ data, json }: ProposeOptions, io: CliIo, what: string, call: Uint8Array): Promise<void> {
  const final = await callValidators(data, call)
  const [[id] = []] = logged(final, 'Proposed')
  const { hash: transaction, height } = final
  show(io, json, { hash: transaction, height, id: Number(id) }, () =>
    [
      `proposal ${Number(id)}, ${what}, is open since block ${height}`,
      `next       tertia validator vote ${Number(id)} yes --data ${data}   (and the other operators)`,
    ].join('\n'),
  )
}
