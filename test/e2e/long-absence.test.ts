/** Replicas that come back with their old directories after many epochs have ended without them. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { BftStatus } from '../../src/node/node-api.ts'
import { freshAddress, receiptFrom, wallet } from './harness/clients.ts'
import { eventually, tertia } from './harness/processes.ts'
import { shortEpochs } from './harness/short-epochs.ts'
import { useDevnet } from './harness/use-devnet.ts'

const AWAY = 2
const EPOCHS_MISSED = 4
const TIMEOUT_MS = 180_000

const devnet = useDevnet(...shortEpochs(3))

async function transfer(): Promise<void> {
  const hash = await wallet(devnet().url(0), 0).sendTransaction({ to: freshAddress(), value: 1n, gas: 21_000n })
  expect((await receiptFrom(devnet().url(0), hash)).status).toBe('success')
}

async function validator(node: number, ...args: readonly string[]): Promise<void> {
  const data = join(devnet().data, `node-${node}`)
  const { code, stderr } = await tertia(['validator', ...args, '--data', data]).ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
}

/** Which epoch the others are in, so many ends later. */
async function epochsGoOn(count: number): Promise<number> {
  const until = (await devnet().status(0)).epoch + count
  for (;;) {
    const { epoch } = await devnet().status(0)
    if (epoch >= until) return epoch
    await transfer()
  }
}

function levelAs(role: BftStatus['role'], epoch: number): Promise<BftStatus> {
  return eventually(`v${AWAY} level with the chain, as ${role}`, async () => {
    const [own, others] = await Promise.all([devnet().status(AWAY), devnet().status(0)])
    const isLevel = own.epoch >= epoch && own.height === others.height && own.stateRoot === others.stateRoot
    return isLevel && own.role === role ? own : undefined
  })
}

/** Neither evidence nor a ban, by anybody who was there. */
function expectNobodyBlamed(): void {
  for (const node of [0, 1, 2, 3, 4]) expect(devnet().log(node)).not.toMatch(/EVIDENCE|jailed|peer banned/)
}

it(`lets a validator that missed ${EPOCHS_MISSED} ends vote again`, { timeout: TIMEOUT_MS }, async () => {
  await transfer()
  await devnet().kill(AWAY)
  const epoch = await epochsGoOn(EPOCHS_MISSED)
  await devnet().restartAsPrinted(AWAY)
  expect((await levelAs('validator', epoch)).reason).toBeNull()
  await eventually(`a block that v${AWAY} has voted to commit`, async () => {
    await transfer()
    const { height } = await devnet().status(0)
    return new RegExp(`#${height} .*signers=✓{4}`).test(devnet().log(0)) || undefined
  })
  expectNobodyBlamed()
})

it('tells one that was voted out meanwhile, and lets it follow', { timeout: TIMEOUT_MS }, async () => {
  await devnet().kill(AWAY)
  await validator(0, 'propose', 'remove', `v${AWAY}`, '--reason', 'it is down')
  for (const node of [0, 1, 3]) await validator(node, 'vote', '1', 'yes')
  const epoch = await epochsGoOn(EPOCHS_MISSED)
  await devnet().restartAsPrinted(AWAY)
  expect((await levelAs('observer', epoch)).reason).toBe('was removed from the validators')
  const followed = await epochsGoOn(1)
  await levelAs('observer', followed)
  expectNobodyBlamed()
})
