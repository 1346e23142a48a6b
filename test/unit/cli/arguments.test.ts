import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cli, temporaryDirectory } from './cli-harness.ts'

const VERBS = [
  ...['devnet', 'start', 'init', 'keys new', 'keys export-public', 'genesis build', 'genesis show'],
  ...['tx send', 'tx show', 'account show', 'block show', 'status'],
]
const ADDRESS = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const EXPORTED = ['keys', 'export-public', '--keys', '/nonexistent/k']
// Nobody listens there, and fetch would connect: it does not to port 9.
const NOBODY = ['--rpc', 'http://127.0.0.1:2']

describe.each(VERBS)('tertia %s', (verb) => {
  it('explains itself with --help and exit code 0', async () => {
    const { code, out, err } = await cli(...verb.split(' '), '--help')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`Usage: tertia ${verb}`)
    expect(out).toContain('--json')
  })

  it('refuses an unknown flag with one line and exit code 2', async () => {
    const { code, out, err } = await cli(...verb.split(' '), '--frobnicate')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    // Options that have to be there are missed first.
    expect(err).toMatch(/^tertia: (?:unknown option '--frobnicate'|required option)[^\n]*\n$/)
  })
})

it.each([
  ['an unknown verb', ['frobnicate'], /unknown command 'frobnicate'/],
  ['a node that is none', ['status', '--rpc', 'nonsense'], /http:\/\/HOST:PORT/],
  ['a port that is none', ['devnet', '--rpc-port', '70000'], /1 to 65535/],
  ['a count that is none', ['devnet', '--validators', '-1'], /--validators/],
  ['more accounts than there can be', ['devnet', '--accounts', '1001'], /0 to 1000/],
  ['ports that overlap', ['devnet', '--data', '/nonexistent/d', '--rpc-port', '30598'], /overlap/],
  ['ports beyond the last', ['devnet', '--data', '/nonexistent/d', '--rpc-port', '65533'], /beyond 65535/],
  ['a start of nothing', ['start'], /--config FILE or --data DIR/],
  ['an address that is none', ['account', 'show', '0x12'], /40 hexadecimal digits/],
  ['a hash that is none', ['tx', 'show', ADDRESS], /64 hexadecimal digits/],
  ['a block name that is none', ['block', 'show', 'first'], /height, a hash or latest/],
  ['an amount that is none', ['tx', 'send', '--from', '0', '--to', '1', '--value', '1e3'], /amount/],
  ['a missing option', ['tx', 'send', '--from', '0', '--to', '1'], /--value/],
  ['a validator without a name', [...EXPORTED, '--announce', '/dns4/a.example/tcp/1', '--name', ''], /1 to 64/],
  ['a place that is none', [...EXPORTED, '--name', 'a', '--announce', 'nonsense'], /a multiaddr such as/],
  ['a place with a key', [...EXPORTED, '--name', 'a', '--announce', '/ip4/1.2.3.4/tcp/1/p2p/x'], /a multiaddr such as/],
  [
    'a key without a passphrase where nobody can be asked',
    ['keys', 'new', '--out', '/nonexistent/k'],
    /--passphrase-file/,
  ],
])('%s is a usage error in one line', async (_, args, message) => {
  const { code, err } = await cli(...args)
  expect(code).toBe(2)
  expect(err).toMatch(/^tertia: [^\n]*\n$/)
  expect(err).toMatch(message)
})

it.each([
  [['frobnicate'], "unknown command 'frobnicate'", 'tertia'],
  [['devnet', 'frobnicate'], "unknown command 'frobnicate'", 'tertia devnet'],
  [['devnet', 'kill'], "missing required argument 'n'", 'tertia devnet kill'],
  [['devnet', '--data', 'd', 'kill', 'x'], 'whole number from 0 to 271', 'tertia devnet kill'],
  [
    ['validator', 'propose', 'remove'],
    "required option '--data <dir>' not specified",
    'tertia validator propose remove',
  ],
  [['status', 'now'], "too many arguments for 'status'. Expected 0 arguments but got 1", 'tertia status'],
])('%j names the help that says what is expected', async (args, what, command) => {
  const { code, err } = await cli(...args)
  expect(code).toBe(2)
  expect(err).toContain(`${what}: see "${command} --help"\n`)
})

it.each([
  ['status', ['status']],
  ['account show', ['account', 'show', ADDRESS]],
  ['block show', ['block', 'show']],
  ['tx send', ['tx', 'send', '--from', '0', '--to', '1', '--value', '1']],
])('%s without a node says so and may be tried again', async (_, args) => {
  const { code, out, err } = await cli(...args, ...NOBODY)
  expect({ code, out }).toEqual({ code: 75, out: '' })
  expect(err).toMatch(/^tertia: no node answers at http:\/\/127\.0\.0\.1:2 [^\n]*\n$/)
})

it.each([
  ['a directory for keys that is a file', (file: string) => ['keys', 'new', '--insecure-plain', '--out', file]],
  ['one that would lie in a file', (file: string) => ['keys', 'new', '--insecure-plain', '--out', join(file, 'k')]],
  ['a data directory that is a file', (file: string) => ['init', '--genesis', file, '--data', file]],
  ['a devnet in a file', (file: string) => ['devnet', '--data', file, '--rpc-port', '50000']],
])('%s is refused in one line that names it', async (_, argsOf) => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, 'x')
  const { code, out, err } = await cli(...argsOf(file))
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(/^tertia: [^\n]+: it (?:exists already|is no directory)[^\n]*\n$/)
  expect(err).toContain(file)
})

it('takes no directory for evidence', async () => {
  const directory = temporaryDirectory()
  const { code, err } = await cli('evidence', 'submit', directory)
  expect({ code, err }).toEqual({
    code: 2,
    err: `tertia: ${directory} is neither hexadecimal nor a file that holds it\n`,
  })
})
