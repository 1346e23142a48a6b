/** Processes that are killed, frozen and started again under the eyes of a client. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Hex, TransactionReceipt } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshAddress, reader, receiptFrom, wallet } from './harness/clients.ts'
import { eventually } from './harness/processes.ts'
import { rpc } from './harness/raw-rpc.ts'
import { useDevnet } from './harness/use-devnet.ts'

const devnet = useDevnet()
const VALIDATORS = [0, 1, 2, 3]
const OBSERVER = 4
/** Many times what it takes, for a machine with other work to do. */
const SOON_MS = 60_000

const receipts: TransactionReceipt[] = []

/** Sends one at a time, each final before the next. */
async function transfer(via: number, count = 1): Promise<void> {
  const sender = wallet(devnet().url(via), via)
  for (let sent = 0; sent < count; sent++) {
    const hash = await sender.sendTransaction({ to: freshAddress(), value: 1n })
    receipts.push(await receiptFrom(devnet().url(via), hash, 30_000))
  }
}

async function expectReceiptsAt(index: number): Promise<void> {
  const client = reader(devnet().url(index))
  for (const receipt of receipts)
    expect(await client.getTransactionReceipt({ hash: receipt.transactionHash })).toEqual(receipt)
}

/** Of the votes that made blocks final, as replica 0 counts them on chain. */
async function votesOf(index: number): Promise<number> {
  const validators = await rpc<readonly { readonly name: string; readonly voted: number }[]>(
    devnet().url(0),
    'bft_getValidators',
  )
  return validators.find(({ name }) => name === `v${index}`)?.voted ?? Number.NaN
}

async function votesAgain(index: number): Promise<void> {
  const before = await votesOf(index)
  await eventually(
    `a vote of validator ${index}`,
    async () => {
      await transfer(0)
      return (await votesOf(index)) > before ? true : undefined
    },
    SOON_MS,
  )
}

function caughtUp(index: number): Promise<unknown> {
  return eventually(`replica ${index} at the head`, async () => {
    const [own, others] = await Promise.all([devnet().status(index), devnet().status(index === 0 ? 1 : 0)])
    return own.height >= others.height && !own.syncing ? true : undefined
  })
}

async function readiness(index: number): Promise<{ readonly status: number; readonly reason: string | null }> {
  const response = await fetch(`${devnet().url(index)}/readyz`)
  const { reason } = (await response.json()) as { readonly reason: string | null }
  return { status: response.status, reason }
}

describe('a network of four validators', () => {
  beforeEach(async () => {
    for (const index of VALIDATORS)
      await eventually(`validator ${index} connected to all`, async () => {
        const { live, validators } = await devnet().status(index)
        return live && validators.every(({ connected }) => connected) ? true : undefined
      })
  })

  it('goes on without one that is killed, and takes it back when it is started as the devnet says', async () => {
    await transfer(3, 2)
    await devnet().kill(3)
    await transfer(0, 3)
    await transfer(OBSERVER)
    await devnet().restartAsPrinted(3)
    await caughtUp(3)
    await expectReceiptsAt(3)
    await votesAgain(3)
    await eventually('the new process in devnet.json', () => devnet().replica(3).pid === devnet().pid(3) || undefined)
  })

  it('has every receipt that it gave after all validators were killed at once', async () => {
    await transfer(1, 3)
    await Promise.all(VALIDATORS.map((index) => devnet().kill(index)))
    await Promise.all(VALIDATORS.map((index) => devnet().restart(index)))
    await expectReceiptsAt(1)
    // The others may have died before they knew the last block to be final.
    const last = Number(receipts.at(-1)?.blockNumber)
    for (const index of [...VALIDATORS, OBSERVER]) {
      await eventually(
        `block ${last} at replica ${index}`,
        async () => (await devnet().status(index)).height >= last || undefined,
      )
      await expectReceiptsAt(index)
    }
    await transfer(2)
    for (const index of VALIDATORS) await votesAgain(index)
  })

  it('commits nothing and says why while two are down, and what waited when one is back', async () => {
    await Promise.all([devnet().kill(2), devnet().kill(3)])
    const height = (await devnet().status(0)).height
    const hash = await wallet(devnet().url(0), 5).sendTransaction({ to: freshAddress(), value: 1n, gas: 21_000n })
    for (const index of [0, 1]) {
      const reason = await eventually('a status that is not live', async () => {
        const status = await devnet().status(index)
        return status.live ? undefined : status.reason
      })
      expect(reason).toMatch(/^2 of 4 validators are reachable, 3 are needed to commit anything: no sign of /)
      expect(reason).toContain('v2')
      expect(reason).toContain('v3')
      expect(await readiness(index)).toEqual({ status: 503, reason })
    }
    expect(
      await reader(devnet().url(0))
        .getTransactionReceipt({ hash })
        .catch(() => null),
    ).toBeNull()
    expect((await devnet().status(1)).height).toBe(height)

    await devnet().restart(2)
    const final = await receiptFrom(devnet().url(0), hash, SOON_MS)
    expect(final.status).toBe('success')
    await eventually('readiness', async () => (await readiness(0)).status === 200 || undefined)
    await devnet().restart(3)
    await caughtUp(3)
  })

  it('brings an observer without data up to date', async () => {
    await transfer(0)
    await devnet().kill(OBSERVER)
    const directory = devnet().replica(OBSERVER).dataDir
    for (const name of readdirSync(directory))
      if (name !== 'keys' && name !== 'node.json') rmSync(join(directory, name), { recursive: true })
    await transfer(1)
    await devnet().restart(OBSERVER)
    await caughtUp(OBSERVER)
    await expectReceiptsAt(OBSERVER)
    const blocks = await Promise.all(
      [0, OBSERVER].map((index) => rpc(devnet().url(index), 'eth_getBlockByNumber', ['0x1', true])),
    )
    expect(blocks[1]).toEqual(blocks[0])
    await transfer(OBSERVER)
  })

  it('goes on without one that is frozen, which votes again soon after it thaws', async () => {
    const pid = devnet().pid(2)
    process.kill(pid, 'SIGSTOP')
    try {
      const end = Date.now() + 8_000
      while (Date.now() < end) await transfer(0)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await votesAgain(2)
    await caughtUp(2)
    await expectReceiptsAt(2)
  })

  it('made one chain of all this', async () => {
    const { height } = await devnet().status(0)
    for (let block = 0; block <= height; block++) {
      const number = `0x${block.toString(16)}`
      const hashes = await Promise.all(
        [...VALIDATORS, OBSERVER].map((index) =>
          eventually(`block ${block}`, async () => {
            const found = await rpc<{ readonly hash: Hex } | null>(devnet().url(index), 'eth_getBlockByNumber', [
              number,
              false,
            ])
            return found?.hash
          }),
        ),
      )
      expect(new Set(hashes).size).toBe(1)
    }
    for (const index of VALIDATORS) expect(devnet().log(index)).not.toMatch(/contradicted itself| ERROR /)
  })
})
