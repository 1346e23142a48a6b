/** The methods of each listener. What is not among them answers -32601. */
import type { AdminApi } from '../../node/node-api.ts'
import type { RpcMethod } from '../method.ts'
import { adminMethods } from './admin.ts'
import { BFT_METHODS } from './bft.ts'
import { DEBUG_METHODS } from './debug.ts'
import { ETH_BLOCK_METHODS } from './eth-blocks.ts'
import { ETH_CALL_METHODS } from './eth-call.ts'
import { ETH_CHAIN_METHODS } from './eth-chain.ts'
import { ETH_CONFIG_METHODS } from './eth-config.ts'
import { ETH_FEE_METHODS } from './eth-fees.ts'
import { ETH_FILL_METHODS } from './eth-fill.ts'
import { ETH_LOG_METHODS } from './eth-logs.ts'
import { ETH_STATE_METHODS } from './eth-state.ts'
import { ETH_SUBSCRIBE_METHODS } from './eth-subscribe.ts'
import { ETH_TRANSACTION_METHODS } from './eth-transactions.ts'
import { NET_METHODS } from './net.ts'
import { OTTERSCAN_METHODS } from './otterscan.ts'
import { namespaceOf, rpcMethods } from './rpc.ts'
import { TXPOOL_METHODS } from './txpool.ts'
import { WEB3_METHODS } from './web3.ts'

const LISTED: readonly RpcMethod[] = [
  ...ETH_CHAIN_METHODS,
  ...ETH_STATE_METHODS,
  ...ETH_BLOCK_METHODS,
  ...ETH_TRANSACTION_METHODS,
  ...ETH_CALL_METHODS,
  ...ETH_FILL_METHODS,
  ...ETH_FEE_METHODS,
  ...ETH_LOG_METHODS,
  ...ETH_SUBSCRIBE_METHODS,
  ...ETH_CONFIG_METHODS,
  ...NET_METHODS,
  ...WEB3_METHODS,
  ...TXPOOL_METHODS,
  ...DEBUG_METHODS,
  ...OTTERSCAN_METHODS,
  ...BFT_METHODS,
]

/** Of the public listeners. None of them is for the operator only. */
export const METHODS = tableOf(LISTED)

/** Of a public listener that offers some namespaces only: 'eth', 'net', … `rpc`, which tells of the others, is always there. */
export function methodsIn(namespaces: readonly string[]): ReadonlyMap<string, RpcMethod> {
  return tableOf(LISTED.filter(({ name }) => namespaces.includes(offeredWith(name))))
}

/** Otterscan does not start without the one method that it takes from Erigon, so the two come together. */
function offeredWith(method: string): string {
  const namespace = namespaceOf(method)
  return namespace === 'erigon' ? 'ots' : namespace
}

/** Of the Unix socket in the data directory. */
export function socketMethods(admin: AdminApi, more: readonly RpcMethod[]): ReadonlyMap<string, RpcMethod> {
  return tableOf([...LISTED, ...adminMethods(admin), ...more])
}

function tableOf(methods: readonly RpcMethod[]): ReadonlyMap<string, RpcMethod> {
  return new Map([...methods, ...rpcMethods(methods)].map((method) => [method.name, method]))
}
