import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { build, buildIfStale } from '../../../scripts/build.js'

let root = ''
const at = (path: string) => join(root, path)
const rebuild = () => build(at('src'), at('dist'))
const rebuildIfStale = () => buildIfStale(at('src'), at('dist'))

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'build-'))
  mkdirSync(at('src/inner'), { recursive: true })
  writeFileSync(at('package.json'), '{ "type": "module" }')
  writeFileSync(at('src/inner/two.ts'), 'export const two: number = 2\n')
  writeFileSync(at('src/one.ts'), "import { two } from './inner/two.ts'\nexport const one: number = two - 1\n")
})

afterEach(() => rmSync(root, { recursive: true }))

it('makes of every source a module that plain node can load', async () => {
  await rebuild()
  const program = "import { one } from './dist/one.js'; console.log(one)"
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: root, encoding: 'utf8' })).toBe(
    '1\n',
  )
})

it('removes planted bugs', async () => {
  writeFileSync(at('src/one.ts'), "export const one = () => (__CANARIES__ ? 'planted' : 'sound')\n")
  await rebuild()
  expect(readFileSync(at('dist/one.js'), 'utf8')).not.toMatch(/planted|__CANARIES__/)
})

it('keeps planted bugs where tests can switch them on', () => {
  expect(__CANARIES__).toBe(true)
})

it('copies what is not TypeScript', async () => {
  writeFileSync(at('src/inner/page.html'), '<p>')
  await rebuild()
  expect(readFileSync(at('dist/inner/page.html'), 'utf8')).toBe('<p>')
})

it('builds again after a change or a removal, and only then', async () => {
  expect(await rebuildIfStale()).toBe(true)
  expect(await rebuildIfStale()).toBe(false)
  writeFileSync(at('src/one.ts'), 'export const one = 3\n')
  expect(await rebuildIfStale()).toBe(true)
  rmSync(at('src/inner/two.ts'))
  expect(await rebuildIfStale()).toBe(true)
  expect(existsSync(at('dist/inner/two.js'))).toBe(false)
})

it('leaves the last good build in place when a source does not parse', async () => {
  await rebuild()
  writeFileSync(at('src/one.ts'), 'export const =\n')
  await expect(rebuild()).rejects.toThrow('one.ts')
  expect(existsSync(at('dist/one.js'))).toBe(true)
  expect(await rebuildIfStale().catch(() => 'tried')).toBe('tried')
})
