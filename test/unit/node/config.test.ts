import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { type NodeConfig, readConfig } from '../../../src/node/config.ts'

let directory: string
let path: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tertia-config-'))
  path = join(directory, 'node.json')
  onTestFinished(() => rmSync(directory, { recursive: true }))
})

function read(document: unknown) {
  writeFileSync(path, JSON.stringify(document))
  return readConfig(path)
}

it('needs no more than a data directory: an observer with RPC on loopback for no web page', () => {
  expect(read({ dataDir: 'data' })).toEqual({
    ok: true,
    value: {
      dataDir: join(directory, 'data'),
      genesisPath: join(directory, 'data/genesis.json'),
      modules: [],
      rpc: {
        host: '127.0.0.1',
        port: 8545,
        originsAllowed: [],
        hostsAllowed: [],
        api: ['eth', 'net', 'web3', 'txpool', 'debug', 'ots', 'bft'],
      },
      p2p: {
        listen: ['/ip4/0.0.0.0/tcp/30600'],
        announce: [],
        peers: [],
        keyPath: join(directory, 'data/network.key'),
        private: false,
      },
      consensusKeyPath: null,
      passphrasePath: null,
      log: { level: 'info', format: 'text' },
      recordPath: null,
    } satisfies NodeConfig,
  })
})

it('takes relative paths from the directory of the file and leaves absolute ones', () => {
  expect(read({ dataDir: '.', genesisPath: '../g.json', consensusKeyPath: '/etc/key.json' })).toMatchObject({
    ok: true,
    value: { dataDir: directory, genesisPath: join(directory, '../g.json'), consensusKeyPath: '/etc/key.json' },
  })
})

it.each([
  [{ dataDir: '.', rcp: null }, 'rcp: is not a known field: remove it'],
  [{ dataDir: '.', p2p: { privat: true } }, 'p2p.privat: is not a known field: remove it'],
  [{ dataDir: '.', rpc: { prot: 1 } }, 'rpc.prot: is not a known field: remove it'],
  [{ dataDir: '.', log: { level: 'loud' } }, 'log.level: expected "debug" or "info" or "warn" or "error"'],
  [{ dataDir: '.', rpc: { port: 65_536 } }, 'rpc.port: expected 0 to 65535, got 65536'],
  [
    { dataDir: '.', rpc: { api: ['eth', 'admin'] } },
    'rpc.api[1]: expected "eth" or "net" or "web3" or "txpool" or "debug" or "ots" or "bft"',
  ],
  [{ dataDir: '.', p2p: { listen: 'x' } }, 'p2p.listen: expected a list'],
  [{ dataDir: '.', p2p: { private: 'yes' } }, 'p2p.private: expected true or false'],
  [{}, 'dataDir: is missing'],
])('refuses %j and says where', (document, message) => {
  expect(read(document)).toEqual({ ok: false, error: { exitCode: 78, message: `${path}: ${message}` } })
})

it('names the file that is missing, damaged or says a thing twice', () => {
  const refusalFor = () => {
    const config = readConfig(path)
    return config.ok ? '' : config.error.message
  }
  expect(refusalFor()).toBe(`cannot read the configuration ${path}: there is no such file`)
  writeFileSync(path, '{ "dataDir": ')
  expect(refusalFor()).toMatch(/node\.json: not JSON/)
  writeFileSync(path, '{ "dataDir": "a", "dataDir": "b" }')
  expect(refusalFor()).toMatch(/node\.json: the key "dataDir" is there twice/)
})
