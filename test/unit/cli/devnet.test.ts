import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { CliFailure } from '../../../src/cli/failure.ts'
import { type DevnetOptions, openDevnet } from '../../../src/cli/supervision/open-devnet.ts'
import { readConfig } from '../../../src/node/config.ts'
import { temporaryDirectory } from './cli-harness.ts'

let data: string
let ports: { rpcPort: number; p2pPort: number }

beforeEach(async () => {
  data = join(temporaryDirectory(), 'devnet')
  const [rpcPort, p2pPort] = await Promise.all([freePort(), freePort()])
  ports = { rpcPort, p2pPort }
})

async function listener(port = 0): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return server
}

/** One that the operating system has just given out, far enough from others that it gives out next. */
async function freePort(): Promise<number> {
  const server = await listener()
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** One process, so that one port of each kind is enough. */
const open = (options: Partial<DevnetOptions> = {}) =>
  openDevnet({ data, ...ports, validators: 1, observers: 0, accounts: 2, ...options })

async function make(options: Partial<DevnetOptions> = {}) {
  const devnet = await open(options)
  devnet.close()
  return devnet
}

async function failureOf(opening: Promise<unknown>): Promise<CliFailure> {
  const failure: unknown = await opening.catch((error: unknown) => error)
  if (failure instanceof CliFailure) return failure
  throw new Error(`no refusal but ${String(failure)}`)
}

it('makes a network whose processes can read their configuration', async () => {
  const { plans, isNew, settings } = await make()
  expect({ isNew, roles: plans.map(({ role }) => role) }).toEqual({ isNew: true, roles: ['validator'] })
  expect(readConfig(join(data, 'node-0/node.json'))).toMatchObject({
    ok: true,
    value: {
      dataDir: join(data, 'node-0'),
      genesisPath: join(data, 'genesis.json'),
      rpc: { host: '127.0.0.1', port: ports.rpcPort },
      consensusKeyPath: join(data, 'node-0/keys/consensus.json'),
    },
  })
  expect(settings.chainId).toBe(13_371)
  expect(readdirSync(join(data, 'node-0/keys')).sort((a, b) => (a < b ? -1 : 1))).toEqual([
    'consensus.json',
    'consensus.json.signing',
    'network.key',
  ])
})

it('goes on with the same network, and begins another on reset', async () => {
  const first = await make()
  const second = await openDevnet({ data, rpcPort: ports.rpcPort })
  second.close()
  const third = await make({ reset: true })
  expect(second.settings).toEqual(first.settings)
  expect({ second: second.isNew, third: third.isNew }).toEqual({ second: false, third: true })
  expect(third.settings.genesisHash).not.toBe(first.settings.genesisHash)
})

it.each([
  ['--chain-id', { chainId: 5 }],
  ['--validators', { validators: 2 }],
  ['--observers', { observers: 1 }],
  ['--accounts', { accounts: 3 }],
  ['--p2p-port', { p2pPort: 1 }],
  ['--genesis', { genesis: 'genesis/devnet.json' }],
  ['--module', { module: ['genesis/devnet.json'] }],
])('refuses %s where the kept network has another, and says how to begin anew', async (name, options) => {
  await make()
  const before = readFileSync(join(data, 'genesis.json'))
  const { exitCode, message } = await failureOf(open(options))
  expect(exitCode).toBe(78)
  expect(message).toMatch(new RegExp(`^${name} contradicts .* --reset$`))
  expect(readFileSync(join(data, 'genesis.json'))).toEqual(before)
})

it('names the taken port and who has it, and makes nothing', async () => {
  await listener(ports.rpcPort)
  const { exitCode, message } = await failureOf(open())
  expect(exitCode).toBe(75)
  expect(message).toMatch(new RegExp(`^port ${ports.rpcPort} is used by (?:pid ${process.pid}|another process): `))
  if (process.platform === 'linux') expect(message).toContain(`pid ${process.pid}`)
  expect(existsSync(data)).toBe(false)
})

it('lets one run at a time', async () => {
  const devnet = await open()
  const { exitCode, message } = await failureOf(open({ reset: true }))
  devnet.close()
  expect(exitCode).toBe(75)
  expect(message).toContain(`process ${process.pid}`)
  expect(existsSync(join(data, 'settings.json'))).toBe(true)
})

it('touches no directory that is not its own', async () => {
  const foreign = temporaryDirectory()
  writeFileSync(join(foreign, 'genesis.json'), 'mine')
  const { exitCode } = await failureOf(open({ data: foreign, reset: true }))
  expect(exitCode).toBe(78)
  expect(readdirSync(foreign)).toEqual(['genesis.json'])
})

it.each([
  ['damaged', '{ "chainId": ', /genesis\.json: not JSON/],
  ['changed', undefined, /was changed: its hash is 0x/],
])('refuses a %s genesis and keeps it', async (_, content, message) => {
  await make()
  const path = join(data, 'genesis.json')
  const damage = content ?? readFileSync(path, 'utf8').replace('tertia-devnet', 'something-else')
  writeFileSync(path, damage)
  const failure = await failureOf(open())
  expect(failure.exitCode).toBe(78)
  expect(failure.message).toMatch(message)
  expect(readFileSync(path, 'utf8')).toBe(damage)
})

it('loses no old network to a reset that cannot make a new one', async () => {
  const { settings } = await make()
  const template = join(temporaryDirectory(), 'template.json')
  writeFileSync(
    template,
    JSON.stringify({ chainId: 1, name: 'x', timestamp: 0, validators: [], alloc: {}, gasLimit: 1 }),
  )
  const { exitCode, message } = await failureOf(open({ reset: true, genesis: template }))
  expect(exitCode).toBe(78)
  expect(message).toContain(`${template}: gasLimit: `)
  expect((await make()).settings).toEqual(settings)
})

it('leaves nothing of a first start that fails', async () => {
  const { exitCode } = await failureOf(open({ genesis: join(data, 'nowhere.json') }))
  expect(exitCode).toBe(78)
  expect(existsSync(data)).toBe(false)
})
