/** A genesis of the devnet whose epochs end after a few blocks: for tests that need many of them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { ROOT } from './processes.ts'

/** The options of a devnet that has it. Gone after the tests of the file. */
export function shortEpochs(epochBlocksMax: number): readonly string[] {
  const directory = mkdtempSync(join(tmpdir(), 'tertia-genesis-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  const template = join(directory, 'genesis.json')
  const genesis = JSON.parse(readFileSync(join(ROOT, 'genesis', 'devnet.json'), 'utf8')) as {
    readonly consensus: object
  }
  const consensus = { ...genesis.consensus, epochBlocksMax, epochMsMin: 0 }
  writeFileSync(template, JSON.stringify({ ...genesis, $schema: undefined, consensus }))
  return ['--genesis', template]
}
