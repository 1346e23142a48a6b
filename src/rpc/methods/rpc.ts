/** The interface about itself, made from the table of methods. */
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { COMPONENTS } from '../schemas/components.ts'
import { resultSchema } from '../schemas/results.ts'

const VERSION = '1.0'
const OPENRPC_VERSION = '1.3.2'

export function namespaceOf(method: string): string {
  return method.slice(0, method.indexOf('_'))
}

export function rpcMethods(others: readonly RpcMethod[]): readonly RpcMethod[] {
  const names = new Set(['rpc', ...others.map(({ name }) => namespaceOf(name))])
  const modules = Object.fromEntries([...names].map((name) => [name, VERSION]))
  const discover = ({ node }: RpcContext): unknown => ({
    openrpc: OPENRPC_VERSION,
    info: { title: 'Tertia', version: node.clientVersion },
    methods: [...others, ...own].map(describe),
    components: { schemas: COMPONENTS },
  })
  const own: readonly RpcMethod[] = [
    defineMethod('rpc_modules', [], () => modules),
    defineMethod('rpc.discover', [], discover, 'expensive'),
  ]
  return own
}

/** Positional, as Ethereum's clients send them. */
function describe({ name, parameters }: RpcMethod) {
  return {
    name,
    paramStructure: 'by-position',
    params: parameters.map((parameter) => ({
      name: parameter.name,
      required: parameter.required,
      schema: parameter.schema,
    })),
    result: { name: 'result', schema: resultSchema(name) },
  }
}
