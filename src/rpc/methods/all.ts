/** Every method there is. What is not here answers -32601. */
import type { RpcMethod } from '../method.ts'
import { BFT_METHODS } from './bft.ts'
import { ETH_BLOCK_METHODS } from './eth-blocks.ts'
import { ETH_CALL_METHODS } from './eth-call.ts'
import { ETH_CHAIN_METHODS } from './eth-chain.ts'
import { ETH_FEE_METHODS } from './eth-fees.ts'
import { ETH_LOG_METHODS } from './eth-logs.ts'
import { ETH_STATE_METHODS } from './eth-state.ts'
import { ETH_SUBSCRIBE_METHODS } from './eth-subscribe.ts'
import { ETH_TRANSACTION_METHODS } from './eth-transactions.ts'
import { NET_METHODS } from './net.ts'
import { TXPOOL_METHODS } from './txpool.ts'
import { WEB3_METHODS } from './web3.ts'

export const METHODS: ReadonlyMap<string, RpcMethod> = new Map(
  [
    ...ETH_CHAIN_METHODS,
    ...ETH_STATE_METHODS,
    ...ETH_BLOCK_METHODS,
    ...ETH_TRANSACTION_METHODS,
    ...ETH_CALL_METHODS,
    ...ETH_FEE_METHODS,
    ...ETH_LOG_METHODS,
    ...ETH_SUBSCRIBE_METHODS,
    ...NET_METHODS,
    ...WEB3_METHODS,
    ...TXPOOL_METHODS,
    ...BFT_METHODS,
  ].map((method) => [method.name, method]),
)
