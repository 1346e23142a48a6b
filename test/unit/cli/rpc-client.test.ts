import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { AccessPolicy } from '../../../src/rpc/access-policy.ts'
import { cli } from './cli-harness.ts'

/** A server that gives everybody the same answer. */
async function answering(status: number, text: string): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(status).end(text))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it.each([
  [404, '<html>\nnothing here\n</html>', 'HTTP 404: <html> nothing here </html>'],
  [200, 'null', 'HTTP 200: null'],
  [200, '{"error":7}', 'HTTP 200: {"error":7}'],
  [500, '', 'HTTP 500: '],
])('what answers %d and %j is no node, and no reason to try again', async (status, text, shown) => {
  const url = await answering(status, text)
  const { code, out, err } = await cli('status', '--rpc', url)
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toBe(`tertia: what answers at ${url} is no node (${shown}): name another with --rpc\n`)
})

it('says of a node that lets nobody in by this name what its operator can do', async () => {
  const policy = new AccessPolicy([], [])
  const reason = policy.refusal({ host: 'evil.example' }) ?? ''
  expect(reason).toContain('rpc.hostsAllowed')
  const url = await answering(403, `${reason}\n`)
  expect(await cli('status', '--rpc', url)).toMatchObject({
    code: 1,
    err: `tertia: the node at ${url} lets nobody in who asks so: ${reason}\n`,
  })
})

it('names a block that is not there as it was asked for', async () => {
  const url = await answering(200, '{"jsonrpc":"2.0","id":1,"result":null}')
  expect(await cli('block', 'show', '99', '--rpc', url)).toMatchObject({
    code: 1,
    err: 'tertia: the node has no block 99\n',
  })
})
