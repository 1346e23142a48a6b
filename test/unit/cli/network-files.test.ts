import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { privateKeyToAddress } from 'viem/accounts'
import { beforeEach, expect, it } from 'vitest'
import { buildGenesisBlock } from '../../../src/ledger/genesis/genesis-block.ts'
import { parseGenesis } from '../../../src/ledger/genesis/parse-genesis.ts'
import { moduleRegistry } from '../../../src/ledger/module-registry.ts'
import { readConfig } from '../../../src/node/config.ts'
import { NodeFiles } from '../../../src/storage/node-files/node-files.ts'
import { SigningRecord } from '../../../src/storage/signing-record.ts'
import { idBytes } from '../../../src/types/ids.ts'
import { decodeSafetyRecord } from '../../../src/types/safety-record.ts'
import { cli, temporaryDirectory } from './cli-harness.ts'

const RICH = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'

let at: (name: string) => string

beforeEach(() => {
  const directory = temporaryDirectory()
  at = (name) => join(directory, name)
})

async function makeOperator(name: string): Promise<string> {
  expect((await cli('keys', 'new', '--out', at(name), '--insecure-plain')).code).toBe(0)
  const announce = `/dns4/${name}.example/tcp/30600`
  const exported = await cli('keys', 'export-public', '--keys', at(name), '--name', name, '--announce', announce)
  writeFileSync(at(`${name}.json`), exported.out)
  return at(`${name}.json`)
}

async function makeGenesis(): Promise<{ hash: string; chainId: number }> {
  const validators = [await makeOperator('alice'), await makeOperator('bob')]
  writeFileSync(at('alloc.csv'), `# who, coins\n${RICH}, 1000.5\n`)
  const args = ['--chain-id', '77', '--validators', ...validators, '--alloc', at('alloc.csv')]
  const built = await cli('genesis', 'build', ...args)
  expect({ code: built.code, err: built.err }).toEqual({ code: 0, err: '' })
  writeFileSync(at('genesis.json'), built.out)
  const shown = await cli('genesis', 'show', at('genesis.json'), '--json')
  return JSON.parse(shown.out) as { hash: string; chainId: number }
}

it('makes keys that others agree on, for their owner alone', async () => {
  const { out } = await cli('keys', 'new', '--out', at('k'), '--insecure-plain', '--json')
  const { address } = JSON.parse(out) as { address: string }
  const { privateKey } = JSON.parse(readFileSync(at('k/consensus.json'), 'utf8')) as { privateKey: `0x${string}` }
  expect(privateKeyToAddress(privateKey).toLowerCase()).toBe(address)
  for (const file of ['k/consensus.json', 'k/network.key']) expect(statSync(at(file)).mode & 0o777).toBe(0o600)
})

it('never writes over a key', async () => {
  await cli('keys', 'new', '--out', at('k'), '--insecure-plain')
  const before = readFileSync(at('k/consensus.json'))
  const { code, err } = await cli('keys', 'new', '--out', at('k'), '--insecure-plain')
  expect({ code, err }).toEqual({ code: 78, err: expect.stringContaining('exists already') as string })
  expect(readFileSync(at('k/consensus.json'))).toEqual(before)
})

it('builds from public keys a genesis that the ledger reads as it was meant', async () => {
  const shown = await makeGenesis()
  const genesis = parseGenesis(readFileSync(at('genesis.json'), 'utf8'))
  if (!genesis.ok) throw new Error(genesis.error.message)
  const registry = moduleRegistry(genesis.value.modules)
  if (!registry.ok) throw new Error(registry.error.message)
  expect(genesis.value.validators.map(({ name }) => name)).toEqual(['alice', 'bob'])
  expect(genesis.value.validators[0]?.peer).toMatch(/^\/dns4\/alice\.example\/tcp\/30600\/p2p\/12D3Koo/)
  expect(genesis.value.alloc.get(RICH as never)?.balance).toBe(1_000_500_000_000_000_000_000n)
  expect(shown).toMatchObject({
    hash: buildGenesisBlock(genesis.value, registry.value).block.hash,
    chainId: 77,
    n: 2,
    quorum: 2,
    supply: '1000500000000000000000',
  })
})

it.each([
  ['the same operator twice', ['alice', 'alice'], undefined, /alice is there twice/],
  ['balances that cannot be read', ['alice', 'bob'], 'somebody,1\n', /alloc\.csv:1: expected ADDRESS,COINS/],
  ['an account twice', ['alice', 'bob'], `${RICH},1\n${RICH},2\n`, /alloc\.csv:2: .* twice/],
])('refuses %s', async (_, names, alloc, message) => {
  const made = new Map<string, string>()
  for (const name of new Set(names)) made.set(name, await makeOperator(name))
  if (alloc !== undefined) writeFileSync(at('alloc.csv'), alloc)
  const extra = alloc === undefined ? [] : ['--alloc', at('alloc.csv')]
  const validators = names.map((name) => made.get(name) ?? '')
  const { code, out, err } = await cli('genesis', 'build', '--chain-id', '77', '--validators', ...validators, ...extra)
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(message)
})

it('gives a validator a configuration that can be read and a signing record without a signature', async () => {
  const { hash } = await makeGenesis()
  const key = at('alice/consensus.json')
  const init = await cli('init', '--genesis', at('genesis.json'), '--data', at('data'), '--key', key, '--json')
  expect(JSON.parse(init.out)).toMatchObject({ genesisHash: hash, role: 'validator' })
  const config = readConfig(at('data/node.json'))
  expect(config).toMatchObject({
    ok: true,
    value: {
      dataDir: at('data'),
      genesisPath: at('data/genesis.json'),
      consensusKeyPath: key,
      p2p: { keyPath: at('alice/network.key') },
    },
  })
  const files = new NodeFiles(at('alice'))
  const record = SigningRecord.open(files, 'consensus.json.signing', idBytes(hash as never))
  files.close()
  if (!record.ok) throw new Error(record.error.message)
  expect(decodeSafetyRecord(record.value.payload)).toMatchObject({ lastVotedView: 0, highQc: { blockHash: hash } })
})

it('moves no JSON-RPC server to another port where the configuration wants none', async () => {
  await makeGenesis()
  await cli('init', '--genesis', at('genesis.json'), '--data', at('data'))
  const config = JSON.parse(readFileSync(at('data/node.json'), 'utf8')) as object
  writeFileSync(at('data/node.json'), JSON.stringify({ ...config, rpc: null }))
  const { code, err } = await cli('start', '--data', at('data'), '--rpc-port', '50000')
  expect({ code, err }).toEqual({
    code: 2,
    err: `tertia: --rpc-port: ${at('data')}/node.json has "rpc": null, so no JSON-RPC is served; remove that entry\n`,
  })
})

it('takes no module that genesis does not run', async () => {
  await makeGenesis()
  const args = ['init', '--genesis', at('genesis.json'), '--data', at('data'), '--module', at('mine.ts')]
  const { code, err } = await cli(...args)
  expect({ code, err }).toEqual({
    code: 78,
    err: `tertia: ${at('genesis.json')} names no module with the source of ${at('mine.ts')}: it would never run\n`,
  })
  expect(existsSync(at('data/node.json'))).toBe(false)
})

it('takes no module whose source is none that genesis names', async () => {
  const { code, err } = await initWithModules(['one/module.ts', 'two/module.ts', 'other.ts'])
  expect({ code, err }).toEqual({
    code: 78,
    err: `tertia: ${at('genesis.json')} names no module with the source of ${at('other.ts')}: it would never run\n`,
  })
  expect(existsSync(at('data/node.json'))).toBe(false)
})

it('keeps the sources of two modules apart that lie in files of one name', async () => {
  const { code, err } = await initWithModules(['one/module.ts', 'two/module.ts'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const { modules } = JSON.parse(readFileSync(at('data/node.json'), 'utf8')) as { modules: string[] }
  expect(modules.map((file) => readFileSync(at(`data/${file}`), 'utf8'))).toEqual(
    ['one/module.ts', 'two/module.ts'].map((file) => readFileSync(at(file), 'utf8')),
  )
})

/** A genesis with the modules "one" and "two", whose sources lie in directories of these names. */
async function initWithModules(files: readonly string[]) {
  await makeGenesis()
  const source = (name: string, digit: number) =>
    `export default { name: '${name}', address: '0x${String(digit).repeat(40)}', functions: {} }\n`
  const entries = ['one', 'two'].map((name, index) => {
    mkdirSync(at(name))
    writeFileSync(at(`${name}/module.ts`), source(name, index + 3))
    const sha256 = createHash('sha256')
      .update(source(name, index + 3))
      .digest('hex')
    return { name, address: `0x${String(index + 3).repeat(40)}`, source: `elsewhere/${name}.ts`, sha256 }
  })
  writeFileSync(at('other.ts'), source('other', 5))
  const document = JSON.parse(readFileSync(at('genesis.json'), 'utf8')) as object
  writeFileSync(at('genesis.json'), JSON.stringify({ ...document, modules: entries }))
  const given = files.flatMap((file) => ['--module', at(file)])
  return cli('init', '--genesis', at('genesis.json'), '--data', at('data'), ...given)
}

it('never gives a key that signed in one network a fresh record in another', async () => {
  await makeGenesis()
  const key = at('alice/consensus.json')
  await cli('init', '--genesis', at('genesis.json'), '--data', at('one'), '--key', key)
  const before = readFileSync(at('alice/consensus.json.signing'))
  const document = JSON.parse(readFileSync(at('genesis.json'), 'utf8')) as object
  writeFileSync(at('other.json'), JSON.stringify({ ...document, chainId: 78 }))
  const { code, err } = await cli('init', '--genesis', at('other.json'), '--data', at('two'), '--key', key)
  expect({ code, err }).toEqual({ code: 78, err: expect.stringContaining('belongs to the network') as string })
  expect(readFileSync(at('alice/consensus.json.signing'))).toEqual(before)
  expect(existsSync(at('two/node.json'))).toBe(false)
})

it('leaves a data directory that is there as it is', async () => {
  await makeGenesis()
  await cli('init', '--genesis', at('genesis.json'), '--data', at('data'))
  const { code, err } = await cli('init', '--genesis', at('genesis.json'), '--data', at('data'))
  expect({ code, err }).toEqual({ code: 78, err: expect.stringContaining('is a data directory already') as string })
})
