/** The validators of a running devnet change: one comes in, one goes while it is away, one takes another key. */
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freshAddress, receiptFrom, wallet } from './harness/clients.ts'
import { eventually, tertia } from './harness/processes.ts'
import { useDevnet } from './harness/use-devnet.ts'

const devnet = useDevnet()

async function validator(node: number, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await tertia(['validator', ...args, '--data', join(devnet().data, `node-${node}`)])
    .ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

async function decide(proposal: string, voters: readonly number[], ...args: readonly string[]): Promise<void> {
  expect(await validator(voters[0] ?? 0, 'propose', ...args)).toContain(`proposal ${proposal}`)
  for (const node of voters) await validator(node, 'vote', proposal, 'yes')
}

async function transfer(via: number): Promise<void> {
  const hash = await wallet(devnet().url(via), via).sendTransaction({ to: freshAddress(), value: 1n, gas: 21_000n })
  expect((await receiptFrom(devnet().url(via), hash)).status).toBe('success')
}

/** By the node's own word. */
function inRole(node: number, role: string, epoch: number) {
  return eventually(`v${node} as ${role} of epoch ${epoch}`, async () => {
    const status = await devnet().status(node)
    return status.role === role && status.epoch >= epoch ? status : undefined
  })
}

it('takes the candidate in without a restart, and it signs', async () => {
  expect((await devnet().status(4)).role).toBe('candidate')
  await decide('1', [0, 1, 2], 'param', 'targetValidators', '5')
  await transfer(0)
  expect((await inRole(4, 'validator', 2)).n).toBe(5)
  await eventually('a block that v4 has voted to commit', async () => {
    await transfer(1)
    const blocks = devnet()
      .log(0)
      .split('\n')
      .filter((line) => /epoch=2 .*signers=[✓✗]{5}/.test(line))
    return blocks.some((line) => !/missing=\S*v4/.test(line)) || undefined
  })
})

it('removes a validator that is down; back after the epochs that it missed, it is told and observes', async () => {
  await devnet().kill(2)
  await decide('2', [0, 1, 3, 4], 'remove', 'v2', '--reason', 'it is down')
  await inRole(0, 'validator', 3)
  await validator(4, 'rotate')
  await inRole(0, 'validator', 4)
  await transfer(0)
  await devnet().restartAsPrinted(2)
  const { reason, height } = await inRole(2, 'observer', 4)
  expect(reason).toBe('was removed from the validators')
  expect(height).toBe((await devnet().status(0)).height)
})

it('says of a validator whose node does not hold its new key what to do', async () => {
  await devnet().kill(4)
  const keys = join(devnet().data, 'node-4', 'keys')
  renameSync(join(keys, 'consensus-2.json'), join(keys, 'put-away.json'))
  await devnet().restart(4)
  const silent = 'v4 signs with a key that this node does not hold: name its file in consensusKeyPath, and start again'
  const { role } = await eventually('the reason', async () => {
    const status = await devnet().status(4)
    return status.reason === silent ? status : undefined
  })
  expect(role).toBe('observer')
})
