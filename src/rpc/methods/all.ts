/** Every method there is. What is not here answers -32601. */
import type { RpcMethod } from '../method.ts'
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
import { rpcMethods } from './rpc.ts'
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

export const METHODS: ReadonlyMap<string, RpcMethod> = new Map(
  [...LISTED, ...rpcMethods(LISTED)].map((method) => [method.name, method]),
)
