import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { IpcSocketProvider } from 'ethers'
import { createClient, type EIP1193RequestFn } from 'viem'
import { ipc } from 'viem/node'
import { expect, it, onTestFinished, vi } from 'vitest'
import { silentLogger } from '../../../src/base/logger.ts'
import { rejection } from '../../../src/base/rejection.ts'
import { err, ok } from '../../../src/base/result.ts'
import { callSocket, RefusedCall } from '../../../src/cli/socket-client.ts'
import { refusal } from '../../../src/node/exit-codes.ts'
import type { AdminApi } from '../../../src/node/node-api.ts'
import { SocketPlace } from '../../../src/node/socket-place.ts'
import { openAdminSocket } from '../../../src/rpc/admin-socket.ts'
import { METHODS } from '../../../src/rpc/methods/all.ts'
import { type Address, ZERO_ADDRESS, ZERO_HASH } from '../../../src/types/ids.ts'
import { temporaryDirectory } from '../cli/cli-harness.ts'
import { FakeNode } from './fake-node.ts'
import { type JsonRpcAnswer, post, SENDER, startServer } from './harness.ts'

const PEER = '/ip4/127.0.0.1/tcp/1/p2p/12D3KooW'

class FakeAdmin implements AdminApi {
  readonly calls: Uint8Array[] = []
  address: Address | null = ZERO_ADDRESS

  nodeInfo() {
    const { address } = this
    const fixed = { clientVersion: 'tertia/test', chainId: 13_371, genesisHash: ZERO_HASH, peerId: '12D3KooW' }
    return { ...fixed, role: 'validator' as const, address, pid: 1, upMs: 1, startHeight: 0 }
  }

  peers() {
    return [{ peerId: '12D3KooW', addresses: [PEER], validator: true }]
  }

  addPeer(address: string) {
    return address === PEER ? ok('12D3KooW') : err(rejection('badPeer', `"${address}" is no peer address`))
  }

  removePeer(peerId: string) {
    return ok(peerId === '12D3KooW')
  }

  nextKey() {
    const { address } = this
    if (address === null) return Promise.resolve(err(refusal('this node signs nothing: it has no consensus key')))
    return Promise.resolve(
      ok({ path: 'keys/consensus-2.json', consensusKey: Uint8Array.of(2), proof: Uint8Array.of(3) }),
    )
  }

  validatorCall(data: Uint8Array) {
    this.calls.push(data)
    return Promise.resolve(ok(ZERO_HASH))
  }

  /** Busy for what is longer than a byte. */
  snapshotPart(request: Uint8Array) {
    return ok(request.length === 1 ? request : null)
  }

  dropTransaction() {
    return true
  }
}

async function open(directory = temporaryDirectory()) {
  const place = new SocketPlace(directory, 'admin')
  const node = new FakeNode([SENDER])
  const admin = new FakeAdmin()
  const path = place.claim()
  const socket = await openAdminSocket({ node, admin, path, more: [], logger: silentLogger })
  onTestFinished(async () => {
    await socket.close()
    place.release()
  })
  return { place, path, node, admin, socket }
}

it('is for its owner only', async () => {
  const { path } = await open()
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

it('is spoken to by viem and ethers as they speak to any node', async () => {
  const { path } = await open()
  const client = createClient({ transport: ipc(path) })
  const request = client.request as EIP1193RequestFn
  expect(await request({ method: 'eth_chainId' })).toBe('0x343b')
  expect(await request({ method: 'admin_nodeInfo' })).toMatchObject({ peerId: '12D3KooW' })
  const provider = new IpcSocketProvider(path)
  onTestFinished(() => provider.destroy())
  expect(await provider.send('admin_addPeer', [PEER])).toBe('12D3KooW')
})

it('answers requests that come in pieces, many at once, and a batch', async () => {
  const { path } = await open()
  const socket = connect(path).setEncoding('utf8')
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  const request = (id: number, name: string) => JSON.stringify({ jsonrpc: '2.0', id, method: name, params: [] })
  socket.write(`${request(1, 'net_version')}${request(2, 'no"such}{[method').slice(0, 30)}`)
  await expect.poll(() => text.split('\n').length).toBe(2)
  socket.write(`${request(2, 'no"such}{[method').slice(30)}\n[${request(3, 'net_version')}] nonsense }`)
  await expect.poll(() => text.trimEnd().split('\n').length).toBe(4)
  const [first, second, third, fourth] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonRpcAnswer)
  expect(first).toMatchObject({ id: 1, result: '13371' })
  expect(second).toMatchObject({ id: 2, error: { code: -32601 } })
  expect(third).toMatchObject([{ id: 3, result: '13371' }])
  expect(fourth).toMatchObject({ id: null, error: { code: -32700 } })
})

it('ends a connection that sends more than a request may have', async () => {
  const { path } = await open()
  const socket = connect(path)
  socket.on('error', () => undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(`{"a":"${'x'.repeat(1024 * 1024)}`)
  await closed
})

it('signs no call that the module would refuse, and hands its error on', async () => {
  const { path, node, admin } = await open()
  node.callOutcome = { status: 'reverted', data: Uint8Array.of(1, 2, 3, 4), gasUsed: 1 }
  const refused = callSocket(path, 'admin_validatorCall', ['0x01020304'])
  await expect(refused).rejects.toSatisfy((e) => e instanceof RefusedCall && e.error.data === '0x01020304')
  expect(admin.calls).toEqual([])
  node.callOutcome = { status: 'returned', data: new Uint8Array(0), gasUsed: 1 }
  expect(await callSocket(path, 'admin_validatorCall', ['0x01020304'])).toBe(ZERO_HASH)
  expect(admin.calls).toEqual([Uint8Array.of(1, 2, 3, 4)])
})

it('refuses to call for a node that has no key', async () => {
  const { path, admin } = await open()
  admin.address = null
  for (const [method, ...params] of [['admin_validatorCall', '0x'], ['admin_nextKey']] as const)
    await expect(callSocket(path, method, params)).rejects.toThrow('it has no consensus key')
})

it('gives a key for a rotation, with where it is and the proof that it is held', async () => {
  const { path } = await open()
  const next = { path: 'keys/consensus-2.json', consensusKey: '0x02', proof: '0x03' }
  expect(await callSocket(path, 'admin_nextKey')).toEqual(next)
})

it('gives parts of a snapshot, or null while it gives others', async () => {
  const { path } = await open()
  expect(await callSocket(path, 'admin_snapshotPart', ['0x06'])).toBe('0x06')
  expect(await callSocket(path, 'admin_snapshotPart', ['0x0607'])).toBe(null)
})

it('has every method of the operator and no public listener has one', async () => {
  const { path } = await open()
  const { url } = await startServer()
  const modules = await callSocket<Record<string, string>>(path, 'rpc_modules')
  expect(modules).toHaveProperty('admin')
  const own = [
    'admin_nodeInfo',
    'admin_peers',
    'admin_nextKey',
    'admin_addPeer',
    'admin_removePeer',
    'admin_validatorCall',
    'admin_snapshotPart',
    'txpool_drop',
  ]
  for (const method of own) {
    const answer = await post(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }))
    expect(answer.json.error?.code).toBe(-32601)
  }
  expect([...METHODS.keys()].filter((name) => /^(?:admin|devnet)_/.test(name) || own.includes(name))).toEqual([])
})

it('a public listener offers the namespaces that it was given and no others', async () => {
  const { url } = await startServer({}, { namespaces: ['net'] })
  const ask = async (method: string) => (await post(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method }))).json
  expect((await ask('net_version')).result).toBe('13371')
  expect((await ask('eth_chainId')).error?.code).toBe(-32601)
  expect((await ask('rpc_modules')).result).toEqual({ rpc: '1.0', net: '1.0' })
})

it('a public listener that offers Otterscan its namespace offers all that Otterscan starts with', async () => {
  const { url } = await startServer({}, { namespaces: ['ots'] })
  const ask = async (method: string, ...params: unknown[]) =>
    (await post(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))).json
  expect((await ask('ots_getApiLevel')).result).toBe(8)
  expect((await ask('erigon_getHeaderByNumber', 'latest')).result).toHaveProperty('hash')
})

it('lies in a short directory when its own is too deep for a socket, and is found from there', async () => {
  const deep = join(temporaryDirectory(), 'a'.repeat(60), 'b'.repeat(60))
  mkdirSync(deep, { recursive: true })
  const { place, path, socket } = await open(deep)
  expect(Buffer.byteLength(path)).toBeLessThan(104)
  expect(new SocketPlace(deep, 'admin').find()).toBe(path)
  expect(readFileSync(join(deep, 'admin.path'), 'utf8')).toBe(path)
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  expect(await callSocket(path, 'net_version')).toBe('13371')
  await socket.close()
  place.release()
  expect(() => statSync(dirname(path))).toThrow('ENOENT')
})

it('takes the place of a socket that a killed process has left', async () => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'admin.sock'), '')
  const { place } = await open(directory)
  expect(await callSocket(place.find() ?? '', 'net_version')).toBe('13371')
})

it('says where nobody answers', async () => {
  const path = join(temporaryDirectory(), 'admin.sock')
  await expect(callSocket(path, 'net_version')).rejects.toMatchObject({ exitCode: 75 })
})

it('is found by who has another temporary directory, and removed by nobody who has', async () => {
  const deep = join(temporaryDirectory(), 'a'.repeat(60), 'b'.repeat(60))
  mkdirSync(deep, { recursive: true })
  const { path } = await open(deep)
  const elsewhere = new SocketPlace(deep, 'admin')
  vi.stubEnv('TMPDIR', temporaryDirectory())
  expect(elsewhere.find()).toBe(path)
  elsewhere.release()
  vi.unstubAllEnvs()
  expect(await callSocket(path, 'net_version')).toBe('13371')
  rmSync(dirname(path), { recursive: true })
})
