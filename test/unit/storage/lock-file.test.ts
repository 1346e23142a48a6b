import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LockFile } from '../../../src/storage/node-files/lock-file.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Another process that takes the lock with the same native call, then is killed or exits. */
function lockElsewhere(path: string, then: string): string {
  const script = `const lock = require('fs-native-extensions').tryLock(require('fs').openSync(process.argv[1], 'a+'))
    process.stdout.write(String(lock), () => { ${then} })`
  return spawnSync(process.execPath, ['-e', script, path], { encoding: 'utf8' }).stdout
}

test('a lock keeps out this process and every other, and names its holder', () => {
  const path = join(temporaryDirectory(), 'lock')
  const first = LockFile.acquire(path)
  expect(first.ok).toBe(true)
  const second = LockFile.acquire(path)
  expect(second).toMatchObject({ ok: false, error: { code: 'locked' } })
  if (!second.ok) expect(second.error.message).toContain(`process ${process.pid}, started 2`)
  expect(lockElsewhere(path, 'process.exit()')).toBe('false')
  if (first.ok) first.value.release()
  expect(lockElsewhere(path, 'process.exit()')).toBe('true')
})

test('a lock ends with a process that is killed', () => {
  const path = join(temporaryDirectory(), 'lock')
  expect(lockElsewhere(path, `process.kill(process.pid, 'SIGKILL')`)).toBe('true')
  const lock = LockFile.acquire(path)
  expect(lock.ok).toBe(true)
  if (lock.ok) lock.value.release()
})

test('text left by something else is not repeated to the operator', () => {
  const path = join(temporaryDirectory(), 'lock')
  const lock = LockFile.acquire(path)
  writeFileSync(path, '\u001b[2Jnonsense')
  const refused = LockFile.acquire(path)
  if (!refused.ok) expect(refused.error.message).toBe(`${path} is held by another process`)
  expect(refused.ok).toBe(false)
  if (lock.ok) lock.value.release()
})
