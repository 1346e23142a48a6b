/** The command line as scripts and people rely on it: what it says, how it ends, and that nothing stays behind. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import type { BftStatus } from '../../src/node/node-api.ts'
import { account, freshAddress } from './harness/clients.ts'
import { Devnet } from './harness/devnet.ts'
import { type Ended, eventually, processesOf, run, tertia } from './harness/processes.ts'
import { useDevnet } from './harness/use-devnet.ts'

const OK = 0
const USAGE = 2
const RETRY = 75
const REFUSED = 78
/** One clear line, and nothing else. */
const ONE_LINE = /^tertia: [^\n]+\n$/

function runs(...args: readonly string[]): Promise<Ended> {
  return tertia(args).ended
}

async function succeeds(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runs(...args)
  expect({ code, stderr }).toEqual({ code: OK, stderr: '' })
  return stdout
}

async function succeedsAsJson<T>(...args: readonly string[]): Promise<T> {
  const text = await succeeds(...args, '--json')
  expect(text.trimEnd()).not.toContain('\n')
  return JSON.parse(text) as T
}

async function expectGone(directory: string): Promise<void> {
  await eventually('the end of all processes', () => (processesOf(directory).length === 0 ? true : undefined))
}

describe('commands that ask a node', () => {
  const devnet = useDevnet()
  const at = () => ['--rpc', devnet().url(1)]

  it('send a transfer, show it and what it changed, for people and for programs', async () => {
    const to = freshAddress()
    const transfer = ['tx', 'send', '--from', '0', '--to', to, '--value', '1.5', '--wait']
    const sent = await succeeds(...transfer, ...at())
    expect(sent).toMatch(/^0x[0-9a-f]{64}\nfinal in block \d+, fee 0\.\d+/)
    const hash = sent.split('\n', 1)[0] as Hex
    expect(await succeeds('tx', 'show', hash, ...at())).toMatch(
      new RegExp(`^hash    ${hash}\\n[^]*status  final in block`),
    )
    expect(await succeeds('account', 'show', to, ...at())).toMatch(/^balance {2}1\.5( coins)?$/m)

    const json = await succeedsAsJson<{ hash: Hex; height: number; status: number; fee: string }>(...transfer, ...at())
    expect(json.status).toBe(1)
    const shown = await succeedsAsJson<{ transaction: { to: Hex }; receipt: { blockNumber: Hex } }>(
      'tx',
      'show',
      json.hash,
      ...at(),
    )
    expect(shown.transaction.to).toBe(to)
    expect(Number(shown.receipt.blockNumber)).toBe(json.height)
    expect(await succeedsAsJson('account', 'show', to, ...at())).toMatchObject({
      balance: '3000000000000000000',
      nonce: 0,
    })
    const block = await succeedsAsJson<{ transactions: Hex[] }>('block', 'show', String(json.height), ...at())
    expect(block.transactions).toContain(json.hash)
    expect(await succeeds('block', 'show', ...at())).toMatch(/^block {7}\d+ /)
  })

  it('say how the agreement is going', async () => {
    const status = await succeedsAsJson<BftStatus>('status', ...at())
    expect(status).toMatchObject({ role: 'validator', n: 4, quorum: 3, live: true, reason: null })
    const text = await succeeds('status', ...at())
    expect(text).toMatch(/^agreement can go on$/m)
    for (const name of ['v0', 'v1', 'v2', 'v3']) expect(text).toContain(`  ${name} `)
  })

  it('end with a code that tells a mistake from a node that is not there', async () => {
    const unknown = await runs('tx', 'show', `0x${'00'.repeat(32)}`, ...at())
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(ONE_LINE) as string })
    const nobody = await runs('status', '--rpc', `http://127.0.0.1:${devnet().ports.sparePort}`)
    expect(nobody).toMatchObject({ code: RETRY, stderr: expect.stringMatching(ONE_LINE) as string })
    const misspelt = await runs('tx', 'send', '--form', '0')
    expect(misspelt).toMatchObject({ code: USAGE, stderr: expect.stringMatching(ONE_LINE) as string })
  })

  it('refuse a data directory that is in use', async () => {
    const second = await runs('start', '--config', join(devnet().replica(0).dataDir, 'node.json'))
    expect(second).toMatchObject({ code: RETRY, stderr: expect.stringMatching(ONE_LINE) as string })
    const other = await Devnet.prepare()
    const ports = ['--rpc-port', String(other.ports.rpcPort), '--p2p-port', String(other.ports.p2pPort)]
    const devnets = await runs('devnet', '--data', devnet().data, ...ports)
    await other.close()
    expect(devnets).toMatchObject({ code: RETRY, stderr: expect.stringMatching(ONE_LINE) as string })
    expect((await devnet().status(0)).live).toBe(true)
  })
})

describe('devnet', () => {
  const opened: Devnet[] = []
  afterEach(async () => {
    for (const devnet of opened.splice(0)) await devnet.close()
  })

  async function prepared(...options: readonly string[]): Promise<Devnet> {
    const devnet = await Devnet.prepare(...options)
    opened.push(devnet)
    return devnet
  }

  async function expectRefused(
    devnet: Devnet,
    code: number,
    message: RegExp,
    ...more: readonly string[]
  ): Promise<void> {
    const ended = await runs(...devnet.command, ...more)
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(ONE_LINE) as string })
    expect(ended.stderr).toMatch(message)
    expect(processesOf(devnet.data)).toEqual([])
  }

  it.each(['rpcPort', 'p2pPort'] as const)(
    'starts nothing and makes no file when a port is taken (%s)',
    async (name) => {
      const devnet = await prepared()
      const port = devnet.ports[name] + 2
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
      await expectRefused(devnet, RETRY, new RegExp(`port ${port} is used by pid ${process.pid}`))
      server.close()
      expect(existsSync(devnet.data)).toBe(false)
    },
  )

  it('starts nothing for an option that it does not know', async () => {
    await expectRefused(await prepared(), USAGE, /--validator/, '--validator', '4')
  })

  it('starts nothing with a genesis that is damaged', async () => {
    const devnet = await prepared()
    const genesis = join(devnet.directory, 'genesis.json')
    writeFileSync(genesis, '{"chainId": 1, "timest')
    await expectRefused(devnet, REFUSED, /genesis\.json/, '--genesis', genesis)
    writeFileSync(genesis, '{"chainId": 1, "colour": "green"}')
    await expectRefused(devnet, REFUSED, /colour|genesis/, '--genesis', genesis)
    expect(existsSync(devnet.data)).toBe(false)
  })

  it('keeps what was committed, refuses a genesis that was changed, begins anew when told to', async () => {
    const devnet = await prepared('--observers', '0')
    await devnet.start()
    const rpc = ['--rpc', devnet.url(0)]
    const to = account(1).address
    const sent = await succeedsAsJson<{ hash: Hex }>(
      'tx',
      'send',
      '--from',
      '0',
      '--to',
      to,
      '--value',
      '1',
      '--wait',
      ...rpc,
    )
    const before = await succeedsAsJson('tx', 'show', sent.hash, ...rpc)
    expect(processesOf(devnet.data)).toHaveLength(5)
    expect((await devnet.stop('SIGTERM')).code).toBe(OK)
    expect(processesOf(devnet.data)).toEqual([])

    const path = join(devnet.data, 'genesis.json')
    const genesis = readFileSync(path, 'utf8')
    writeFileSync(path, genesis.replace('"gasLimit": 30000000', '"gasLimit": 30000001'))
    await expectRefused(devnet, REFUSED, /genesis\.json was changed/)
    writeFileSync(path, genesis.slice(0, 100))
    await expectRefused(devnet, REFUSED, /genesis\.json/)
    writeFileSync(path, genesis)

    await devnet.start()
    expect(await succeedsAsJson('tx', 'show', sent.hash, ...rpc)).toEqual(before)
    expect((await devnet.stop('SIGINT')).code).toBe(OK)
    expect(processesOf(devnet.data)).toEqual([])

    await devnet.start('--reset')
    expect((await runs('tx', 'show', sent.hash, ...rpc)).code).toBe(1)
    expect(await succeedsAsJson('account', 'show', account(0).address, ...rpc)).toMatchObject({ nonce: 0 })
  })

  it('takes its processes with it when it is killed', async () => {
    const devnet = await prepared()
    await devnet.start()
    expect(processesOf(devnet.data)).toHaveLength(6)
    await devnet.stop('SIGKILL')
    await expectGone(devnet.data)
    rmSync(join(devnet.data, 'devnet.json'))
    await devnet.start()
    expect((await devnet.status(3)).height).toBeGreaterThan(0)
  })

  it('ends with the npm that runs it, which passes no signal on', async () => {
    const devnet = await prepared()
    const program = run('npm', ['run', '--silent', 'devnet', '--', ...devnet.command.slice(1)])
    await eventually('READY', () => /^READY /m.exec(program.stdout())?.[0], 60_000)
    program.child.kill('SIGTERM')
    await expectGone(devnet.data)
  })

  it('is not ready, and leaves nothing running, when it is stopped while it starts', async () => {
    const devnet = await prepared()
    const program = tertia(devnet.command)
    await eventually('a process', () => (processesOf(devnet.data).length > 1 ? true : undefined))
    program.child.kill('SIGTERM')
    expect((await program.ended).code).toBe(OK)
    expect(processesOf(devnet.data)).toEqual([])
  })
})
