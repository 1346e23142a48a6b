/** What a halted node leaves behind (docs/operations.md, "Halted"). */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { EXIT } from '../../../src/node/exit-codes.ts'
import { haltedBefore, writeHalt } from '../../../src/node/halt-file.ts'

function reportOf(account: string): string {
  return JSON.stringify({ reason: 'it diverged', remedy: 'Compare.', account })
}

it('refuses to start from the first word of a halt on, and is replaced whole by the complete report', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tertia-halt-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  expect(haltedBefore(dataDir)).toBeNull()
  writeHalt({ kind: 'halt', reason: 'it diverged', report: reportOf('unknown') }, dataDir)
  const path = join(dataDir, 'halted.json')
  const refused = { exitCode: EXIT.refused, message: `this node halted: it diverged (${path}). Compare.` }
  expect(haltedBefore(dataDir)).toMatchObject(refused)
  writeHalt({ kind: 'halt', reason: 'it diverged', report: reportOf('0x01') }, dataDir)
  expect(haltedBefore(dataDir)).toMatchObject(refused)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ account: '0x01' })
  expect(readdirSync(dataDir)).toEqual(['halted.json'])
})

it('ends the node for good also where the disk does not take the report', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tertia-halt-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
  mkdirSync(join(dataDir, 'halted.json.new'))
  const { exitCode, message } = writeHalt({ kind: 'halt', reason: 'it diverged', report: reportOf('0x01') }, dataDir)
  expect(exitCode).toBe(EXIT.refused)
  expect(message).toContain(`could not be written (it is a directory), the evidence: ${reportOf('0x01')}`)
})
