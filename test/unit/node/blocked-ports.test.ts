import { expect, it } from 'vitest'
import { isBlockedPort } from '../../../src/node/blocked-ports.ts'
import { cli, temporaryDirectory } from '../cli/cli-harness.ts'

const PORTS_MAX = 65_535

it('are those that fetch connects to nowhere', async () => {
  const blocked = Array.from({ length: PORTS_MAX }, (_, index) => index + 1).filter(isBlockedPort)
  for (const port of blocked) {
    const refusal = expect.objectContaining({
      cause: expect.objectContaining({ message: 'bad port' }) as Error,
    }) as Error
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow(refusal)
  }
  expect(isBlockedPort(8545)).toBe(false)
})

it('cannot be asked, and the command says so instead of looking for a node', async () => {
  expect(await cli('status', '--rpc', 'http://127.0.0.1:6000')).toMatchObject({
    code: 2,
    err: expect.stringContaining('browsers and fetch refuse to connect to port 6000') as string,
  })
})

it('are none for a devnet, of which each process is asked', async () => {
  const refused = await cli('devnet', '--data', temporaryDirectory(), '--rpc-port', '6663', '--p2p-port', '30900')
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('port 6665') as string })
})
