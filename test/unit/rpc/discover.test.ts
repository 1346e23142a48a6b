/** The document of the interface is one, by the specification's own schema. */
import { Ajv } from 'ajv'
import draft07 from 'ajv/dist/refs/json-schema-draft-07.json' with { type: 'json' }
import { expect, it } from 'vitest'
import { METHODS } from '../../../src/rpc/methods/all.ts'
import specification from '../../vectors/openrpc.json' with { type: 'json' }
import { resultOf, startServer } from './harness.ts'

interface Document {
  readonly openrpc: string
  readonly methods: readonly { readonly name: string }[]
}

/** The schema of schemas that the specification points to cannot be fetched here: that of draft 7 takes its place. */
const SCHEMAS = 'https://meta.json-schema.tools'

function judge() {
  const ajv = new Ajv({ strict: false, validateFormats: false })
  const { $id: _, definitions, ...rest } = draft07
  const reference = { properties: { $ref: { type: 'string' } } }
  const schemas = { ...rest, definitions: { ...definitions, JSONSchemaObject: reference } }
  for (const id of [SCHEMAS, `${SCHEMAS}/`]) ajv.addSchema({ ...schemas, $id: id })
  return ajv.compile(specification)
}

it('describes every method in a document that OpenRPC takes for one', async () => {
  const { url } = await startServer()
  const document = (await resultOf(url, 'rpc.discover')) as Document
  const isOpenRpc = judge()
  expect(isOpenRpc(document), JSON.stringify(isOpenRpc.errors)).toBe(true)
  expect(document.methods.map(({ name }) => name)).toEqual([...METHODS.keys()])
  for (const broken of [
    { ...document, openrpc: '0' },
    { ...document, methods: [{ name: 'x' }] },
    {
      ...document,
      methods: document.methods.map((method) => ({ ...method, params: [{ name: 'x', schema: { type: 7 } }] })),
    },
  ])
    expect(isOpenRpc(broken)).toBe(false)
})
