import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { withMethodTable } from '../../../scripts/docs/method-table.ts'
import { METHODS } from '../../../src/rpc/methods/all.ts'

const DOCUMENT = fileURLToPath(new URL('../../../docs/json-rpc.md', import.meta.url))

// After a change of methods: npx vitest run test/unit/rpc/document.test.ts -u
test('the document lists exactly the methods and parameters that there are', async () => {
  await expect(withMethodTable(readFileSync(DOCUMENT, 'utf8'), METHODS.values())).toMatchFileSnapshot(DOCUMENT)
})
