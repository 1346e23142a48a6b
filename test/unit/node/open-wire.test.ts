import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { replaceJson } from '../../../src/cli/replace-file.ts'
import type { NetworkHandlers } from '../../../src/network/port.ts'
import { readConfig } from '../../../src/node/config.ts'
import { createNetworkKeyFile } from '../../../src/node/keys/network-key-file.ts'
import { openWire, startWire } from '../../../src/node/open-wire.ts'
import { ZERO_HASH } from '../../../src/types/ids.ts'

const DEAF: NetworkHandlers = {
  onDirect: () => undefined,
  onGossip: () => 'ignore',
  onRequest: () => undefined,
  onPeerUp: () => undefined,
  onPeerDown: () => undefined,
}

let directory: string

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tertia-'))
  await createNetworkKeyFile(join(directory, 'network.key'))
})

afterEach(() => rmSync(directory, { recursive: true }))

function wireOf(p2p: { readonly listen?: readonly string[]; readonly announce?: readonly string[] }) {
  replaceJson(join(directory, 'node.json'), { dataDir: '.', p2p })
  const config = readConfig(join(directory, 'node.json'))
  if (!config.ok) throw new Error(config.error.message)
  return openWire(config.value, ZERO_HASH, [], silentLogger)
}

describe('the network of a configuration', () => {
  it.each([
    ['listen', 'nonsense'],
    ['listen', '/ip4/0.0.0.0/tcp/99999'],
    ['announce', 'alice.example:30600'],
  ])('is refused before it starts when p2p.%s has %s', (key, address) => {
    const wire = wireOf({ [key]: [address] })
    expect(wire).toMatchObject({ ok: false, error: { exitCode: 78 } })
    expect(wire.ok || wire.error.message).toContain(`"${address}" is no multiaddr`)
  })

  it('may be tried again when another program holds its port', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const { port } = holder.address() as AddressInfo
    const wire = wireOf({ listen: [`/ip4/127.0.0.1/tcp/${port}`] })
    if (!wire.ok) throw new Error(wire.error.message)
    const started = await startWire(wire.value.network, DEAF)
    await wire.value.network.stop()
    await new Promise((resolve) => holder.close(resolve))
    expect(started).toMatchObject({ ok: false, error: { exitCode: 75 } })
    expect(started.ok || started.error.message).toMatch(
      new RegExp(`^cannot listen on /ip4/127.0.0.1/tcp/${port}: [^\n]*already in use[^\n]*$`),
    )
  })
})
