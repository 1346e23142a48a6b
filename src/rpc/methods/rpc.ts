/** The interface about itself, made from the table of methods. */
import { defineMethod, type RpcMethod } from '../method.ts'

const VERSION = '1.0'

export function rpcMethods(others: readonly RpcMethod[]): readonly RpcMethod[] {
  const modules = new Set(['rpc', ...others.map(({ name }) => name.slice(0, name.indexOf('_')))])
  const versions = Object.fromEntries([...modules].sort().map((name) => [name, VERSION]))
  return [defineMethod('rpc_modules', [], () => versions)]
}
