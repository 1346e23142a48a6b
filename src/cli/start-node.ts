/** A node together with the JSON-RPC server over it: the only place that knows both. */
import type { Logger } from '../base/logger.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { NodeConfig, RpcConfig } from '../node/config.ts'
import { EXIT, type Refusal, refusal } from '../node/exit-codes.ts'
import { createNode } from '../node/node.ts'
import type { NodeApi } from '../node/node-api.ts'
import { ListenFailure } from '../rpc/listen-failure.ts'
import { createRpcServer, type RpcServer } from '../rpc/server.ts'

export interface RunningNode {
  readonly rpcUrl: string | null
  /** Resolves when the node ends by itself, and why. */
  readonly ended: Promise<Refusal>
  stop(): Promise<void>
}

export async function startNode(config: NodeConfig, logger: Logger): Promise<Result<RunningNode, Refusal>> {
  const created = await createNode(config, logger)
  if (!created.ok) return created
  const node = created.value
  if (config.rpc === null) return ok({ rpcUrl: null, ended: node.ended, stop: () => node.stop() })
  const server = serverOf(node.api, config.rpc, logger)
  const listening = await listen(server)
  if (!listening.ok) {
    await node.stop()
    return listening
  }
  const stop = async () => {
    await server.stop()
    await node.stop()
  }
  return ok({ rpcUrl: listening.value, ended: node.ended, stop })
}

function serverOf(node: NodeApi, { host, port, originsAllowed, hostsAllowed }: RpcConfig, logger: Logger): RpcServer {
  return createRpcServer({ node, listen: { host, port }, originsAllowed, hostsAllowed, logger })
}

async function listen(server: RpcServer): Promise<Result<string, Refusal>> {
  try {
    return ok((await server.start()).url)
  } catch (error) {
    if (!(error instanceof ListenFailure)) throw error
    return err(refusal(`${error.message}: choose another with --rpc-port`, EXIT.retry))
  }
}
