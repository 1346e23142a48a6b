import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decryptKeystoreJson, encryptKeystoreJson } from 'ethers'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { toHex } from '../../../../src/base/bytes.ts'
import {
  createConsensusKey,
  publicKeyOf,
  readConsensusKey,
  readPassphrase,
  readPublicKey,
  writeConsensusKey,
} from '../../../../src/node/keys/key-file.ts'
import { createNetworkKeyFile, readNetworkKey } from '../../../../src/node/keys/network-key-file.ts'

const PASSPHRASE = 'correct horse battery'

let directory: string
let path: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tertia-key-'))
  path = join(directory, 'key.json')
  onTestFinished(() => rmSync(directory, { recursive: true }))
})

function messageOf(result: { ok: boolean; error?: { exitCode: number; message: string } }): string {
  expect(result).toMatchObject({ ok: false, error: { exitCode: 78 } })
  return result.error?.message ?? ''
}

it('locks a key so that ethers unlocks it, and only with the passphrase', async () => {
  const key = createConsensusKey()
  writeConsensusKey(path, key, PASSPHRASE)
  const text = readFileSync(path, 'utf8')
  expect(text).not.toContain(toHex(key).slice(2))
  expect((await decryptKeystoreJson(text, PASSPHRASE)).privateKey).toBe(toHex(key))
  expect(readConsensusKey(path, PASSPHRASE)).toEqual({ ok: true, value: key })
  expect(messageOf(readConsensusKey(path, 'wrong'))).toContain('the passphrase is wrong')
  expect(messageOf(readConsensusKey(path, null))).toContain('--passphrase-file')
})

it('unlocks what ethers locked', async () => {
  const key = createConsensusKey()
  const account = { address: publicKeyOf(key).address, privateKey: toHex(key) }
  writeFileSync(path, await encryptKeystoreJson(account, PASSPHRASE, { scrypt: { N: 1024 } }), { mode: 0o600 })
  expect(readConsensusKey(path, PASSPHRASE)).toEqual({ ok: true, value: key })
})

it('shows the public part of a locked key without the passphrase', () => {
  const key = createConsensusKey()
  writeConsensusKey(path, key, null)
  expect(readPublicKey(path)).toEqual({ ok: true, value: publicKeyOf(key) })
})

it('keeps keys to their owner and refuses a file that others can read', async () => {
  const networkPath = join(directory, 'network.key')
  writeConsensusKey(path, createConsensusKey(), null)
  await createNetworkKeyFile(networkPath)
  for (const file of [path, networkPath]) {
    expect(statSync(file).mode & 0o777).toBe(0o600)
    chmodSync(file, 0o640)
  }
  expect(messageOf(readConsensusKey(path, null))).toBe(`${path} can be read by others: run "chmod 600 ${path}"`)
  expect(messageOf(readNetworkKey(networkPath))).toContain(`chmod 600 ${networkPath}`)
  chmodSync(directory, 0o755)
  expect(messageOf(readConsensusKey(directory, null))).toBe(`cannot read ${directory}: it is a directory`)
})

it('never writes over a key', () => {
  writeConsensusKey(path, createConsensusKey(), null)
  const before = readFileSync(path)
  expect(messageOf(writeConsensusKey(path, createConsensusKey(), null))).toContain('it exists already')
  expect(readFileSync(path)).toEqual(before)
})

it.each([
  ['no JSON', '{', 'not JSON'],
  ['another kind of file', '{"version":2}', 'no key file'],
  ['nothing', 'null', 'no key file'],
  ['a key outside the curve’s order', `{"type":"tertia-key","privateKey":"0x${'00'.repeat(32)}"}`, 'no valid key'],
  ['a short key', '{"type":"tertia-key","privateKey":"0x01"}', 'no valid key'],
])('refuses %s', (_, content, message) => {
  writeFileSync(path, content, { mode: 0o600 })
  expect(messageOf(readConsensusKey(path, null))).toContain(message)
})

it('does not let a file ask for more memory than there is', () => {
  const crypto = {
    cipher: 'aes-128-ctr',
    ciphertext: '00'.repeat(32),
    cipherparams: { iv: '00'.repeat(16) },
    kdf: 'scrypt',
    kdfparams: { n: 2 ** 40, r: 8, p: 1, dklen: 32, salt: '00' },
    mac: '00'.repeat(32),
  }
  writeFileSync(path, JSON.stringify({ version: 3, crypto }), { mode: 0o600 })
  expect(messageOf(readConsensusKey(path, PASSPHRASE))).toContain('damaged')
})

it('takes the first line of a passphrase file', () => {
  const file = join(directory, 'pass')
  writeFileSync(file, `${PASSPHRASE}\r\nmore\n`, { mode: 0o600 })
  expect(readPassphrase(file)).toEqual({ ok: true, value: PASSPHRASE })
})

it.each([
  ['n', 262_143],
  ['n', 0],
  ['r', 0],
  ['r', -8],
  ['p', -1],
])('refuses a locked key whose cost of %s = %i scrypt does not take', (name, value) => {
  writeConsensusKey(path, createConsensusKey(), PASSPHRASE)
  const file = JSON.parse(readFileSync(path, 'utf8')) as { crypto: { kdfparams: Record<string, number> } }
  file.crypto.kdfparams[name] = value
  writeFileSync(path, JSON.stringify(file))
  expect(messageOf(readConsensusKey(path, PASSPHRASE))).toContain('the file is damaged')
})
