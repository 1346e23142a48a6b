import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { DevnetControl } from '../../../src/cli/supervision/devnet-control.ts'
import { DevnetLayout } from '../../../src/cli/supervision/layout.ts'
import { Supervisor } from '../../../src/cli/supervision/supervisor.ts'
import { createNetworkKeyFile } from '../../../src/node/keys/network-key-file.ts'
import { temporaryDirectory } from './cli-harness.ts'
import { planOf } from './fake-plan.ts'

it('asks no frozen process to equivocate, which would do it when it is resumed', async () => {
  const layout = new DevnetLayout(temporaryDirectory())
  mkdirSync(dirname(layout.networkKey(0)), { recursive: true })
  mkdirSync(layout.node(0), { recursive: true })
  expect((await createNetworkKeyFile(layout.networkKey(0))).ok).toBe(true)
  const plans = [planOf(0, layout.node(0), 'obedient')]
  const supervisor = new Supervisor(plans, { died: vi.fn(), returned: vi.fn(), changed: vi.fn() })
  onTestFinished(() => supervisor.stop())
  supervisor.startAll()
  const control = new DevnetControl(plans, supervisor, layout)
  control.pause(0)
  await expect(control.equivocate(0, 1)).rejects.toThrow('v0 is paused, not running')
})
