/** A running devnet steered from a second terminal. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keccak256, stringToBytes } from 'viem'
import { expect, it } from 'vitest'
import { callSocket } from '../../src/cli/socket-client.ts'
import { adminSocket } from '../../src/node/socket-place.ts'
import { freshAddress, receiptFrom, wallet } from './harness/clients.ts'
import { type Ended, eventually, isAlive, tertia } from './harness/processes.ts'
import { rpcFailure } from './harness/raw-rpc.ts'
import { useDevnet } from './harness/use-devnet.ts'

const devnet = useDevnet()

function control(...args: readonly string[]): Promise<Ended> {
  return tertia(['devnet', ...args, '--data', devnet().data]).ended
}

async function outputOf(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await control(...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

async function transfer(via: number) {
  const hash = await wallet(devnet().url(via), via).sendTransaction({ to: freshAddress(), value: 1n, gas: 21_000n })
  return await receiptFrom(devnet().url(via), hash)
}

it('goes on without a killed validator, which is level again when its start returns', async () => {
  const pid = devnet().pid(3)
  expect(await outputOf('kill', '3')).toMatch(
    /^v3 offline \(SIGKILL\)\n#\d+ view \d+ ✓✓✓✗ {3}the chain goes on; tolerates 0 more\n$/,
  )
  expect(isAlive(pid)).toBe(false)
  await transfer(0)
  await transfer(0)
  const started = await outputOf('start', '3')
  expect(started).toMatch(/^v3 synced [1-9]\d* blocks? in \d+\.\d s, signing record ok, voting from view \d+\n$/)
  const [own, other] = await Promise.all([devnet().status(3), devnet().status(0)])
  expect(own.height).toBe(other.height)
})

it('freezes a process and lets it go on', async () => {
  expect(await outputOf('pause', '2')).toContain('✓✓✗✓')
  await transfer(0)
  expect(await outputOf('resume', '2')).toMatch(/^v2 goes on: level with the chain at #\d+/)
})

it('commits nothing while no side of a partition has a quorum, and what waited when it is healed', async () => {
  expect(await outputOf('partition', '0,1', '2,3')).toContain('v2  validator  running')
  await eventually('a side without a quorum', async () => ((await devnet().status(0)).live ? undefined : true))
  const { height } = await devnet().status(0)
  const hash = await wallet(devnet().url(0), 0).sendTransaction({ to: freshAddress(), value: 1n, gas: 21_000n })
  expect(await outputOf('status')).toContain('the chain waits: 2 of 4 validators are reachable')
  expect((await devnet().status(1)).height).toBe(height)
  expect(await outputOf('heal')).toContain('✓✓✓✓')
  expect((await receiptFrom(devnet().url(0), hash)).status).toBe('success')
})

it('cuts one off from a quorum that goes on, and lets it catch up', async () => {
  await outputOf('partition', '0,1,2', '3')
  await transfer(0)
  const { height } = await devnet().status(0)
  expect((await devnet().status(3)).height).toBeLessThan(height)
  await outputOf('heal')
  await eventually('the one that was cut off', async () => (await devnet().status(3)).height >= height || undefined)
})

it('keeps a process cut off that is started again meanwhile', async () => {
  await outputOf('partition', '0,1,2', '3')
  await outputOf('kill', '3')
  const starting = control('start', '3')
  await eventually('v3 cut off', async () => {
    const { processes } = JSON.parse(await outputOf('status', '--json')) as {
      readonly processes: readonly { readonly state: string; readonly cutOff: readonly number[] }[]
    }
    return (processes[3]?.state === 'running' && processes[3].cutOff.length === 4) || undefined
  })
  await outputOf('heal')
  expect((await starting).code).toBe(0)
})

it('commits with one that is slow', async () => {
  expect(await outputOf('delay', '1', '700ms')).toContain('700 ms late')
  expect((await transfer(0)).status).toBe('success')
  expect(await outputOf('delay', '1', '0ms')).toContain('at once again')
})

it('lets a validator vote twice, which others can prove, and leaves its signing record alone', async () => {
  const signing = join(devnet().replica(2).dataDir, 'keys', 'consensus.json.signing')
  const said = await outputOf('equivocate', '2', '--views', '1')
  expect(said).toMatch(/^v2 has signed two votes in view \d+; .*\nEVIDENCE double vote by=v2 epoch=\d+ view=\d+ /)
  // It may go on meanwhile with what the replica behind the lie votes for: the evidence makes a block.
  const view = /in view (\d+);/.exec(said)?.[1] ?? ''
  for (const which of ['one', 'another']) {
    const lie = Buffer.from(keccak256(stringToBytes(`${which} block of view ${view}`), 'bytes'))
    expect(readFileSync(signing).includes(lie)).toBe(false)
  }
})

it('can be told by the devnet only, and not at all when "tertia start" has started it', async () => {
  expect((await rpcFailure(devnet().url(0), 'devnet_setFaults', [[], 0])).code).toBe(-32601)
  await devnet().kill(4)
  await devnet().restart(4)
  const path = adminSocket(devnet().replica(4).dataDir).find() ?? ''
  expect(await callSocket(path, 'admin_nodeInfo')).toMatchObject({ pid: devnet().pid(4) })
  await expect(callSocket(path, 'devnet_setFaults', [[], 0])).rejects.toMatchObject({ error: { code: -32601 } })
})

it.each([
  [['kill', '9'], 1, 'there is no v9: the devnet has v0 to v4'],
  [['kill', 'three'], 2, 'Expected a whole number'],
  [['start', '0'], 1, 'v0 runs already'],
  [['resume', '0'], 1, 'v0 is running, not paused'],
  [['partition', '0,1'], 1, 'a partition has two groups or more'],
  [['partition', '0,1', '1,2'], 1, 'a process is in one group only'],
  [['partition', 'a', 'b'], 2, '"a" is no group'],
  [['delay', '0', 'soon'], 2, 'Expected a time such as 500ms'],
  [['equivocate', '4'], 1, 'v4 was started by "tertia start"'],
])('refuses %j and says why', async (args, code, message) => {
  const ended = await control(...args)
  expect(ended.code).toBe(code)
  expect(ended.stderr).toContain(message)
})

it('says that no devnet runs where none does', async () => {
  const { code, stderr } = await tertia(['devnet', 'status', '--data', devnet().directory]).ended
  expect({ code, stderr }).toMatchObject({ code: 75, stderr: expect.stringContaining('no devnet runs in') as string })
})
