/** The table of methods in docs/json-rpc.md, made from the descriptions that the server dispatches by. */
import type { RpcMethod } from '../../src/rpc/method.ts'

const BEGIN = '<!-- methods: generated -->\n'
const END = '<!-- end of methods -->\n'

/** The document with the table between its two marks made anew. */
export function withMethodTable(document: string, methods: Iterable<RpcMethod>): string {
  const start = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (start < 0 || end < start) throw new Error(`the document lacks ${BEGIN.trim()} or ${END.trim()}`)
  return document.slice(0, start + BEGIN.length) + methodTable(methods) + document.slice(end)
}

function methodTable(methods: Iterable<RpcMethod>): string {
  const rows = [...methods].map(({ name, parameters, cost }) => {
    const names = parameters.map((parameter) => (parameter.required ? parameter.name : `${parameter.name}?`))
    return `| \`${name}\` | ${names.join(', ')} | ${cost === 'cheap' ? 'at once' : 'in turn'} |\n`
  })
  return `\n| method | parameters | answered |\n|---|---|---|\n${rows.join('')}\n`
}
