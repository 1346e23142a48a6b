/** A node together with its listeners, JSON-RPC and the admin socket: the only place that knows them all. */
import type { Logger } from '../base/logger.ts'
import { err, ok, type Result } from '../base/result.ts'
import { blockedPort, isBlockedPort } from '../node/blocked-ports.ts'
import type { NodeConfig, RpcConfig } from '../node/config.ts'
import { EXIT, type Refusal, refusal } from '../node/exit-codes.ts'
import { createNode, type NetworkAdapter } from '../node/node.ts'
import type { NodeApi } from '../node/node-api.ts'
import { adminSocket } from '../node/socket-place.ts'
import { openAdminSocket } from '../rpc/admin-socket.ts'
import { ListenFailure } from '../rpc/listen-failure.ts'
import type { RpcMethod } from '../rpc/method.ts'
import { createRpcServer, type RpcServer } from '../rpc/server.ts'

export interface RunningNode {
  readonly rpcUrl: string | null
  /** Resolves when the node ends by itself, and why. */
  readonly ended: Promise<Refusal>
  stop(): Promise<void>
}

/** What another program than `tertia start` makes of a node. */
export interface NodeExtension {
  readonly adaptNetwork: NetworkAdapter
  /** On the admin socket. */
  readonly methods: readonly RpcMethod[]
}

/** What the operating system says of a host that is elsewhere, or nowhere. */
const NO_SUCH_ADDRESS: readonly string[] = ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN']

type Stop = () => Promise<void> | void

export async function startNode(
  config: NodeConfig,
  logger: Logger,
  extension?: NodeExtension,
): Promise<Result<RunningNode, Refusal>> {
  const created = await createNode(config, logger, extension?.adaptNetwork)
  if (!created.ok) return created
  const node = created.value
  const stops: Stop[] = [() => node.stop()]
  const stop = async () => {
    for (const each of stops.toReversed()) await each()
  }
  try {
    const place = adminSocket(config.dataDir)
    const path = place.claim()
    stops.push(() => {
      place.release()
    })
    const { api, admin } = node
    const socket = await openAdminSocket({ node: api, admin, path, more: extension?.methods ?? [], logger })
    stops.push(() => socket.close())
    if (config.rpc === null) return ok({ rpcUrl: null, ended: node.ended, stop })
    const server = serverOf(api, config.rpc, logger)
    const { url } = await server.start()
    if (isBlockedPort(config.rpc.port))
      logger.warn(`${blockedPort(config.rpc.port)}, so few clients will reach this node`)
    stops.push(() => server.stop())
    return ok({ rpcUrl: url, ended: node.ended, stop })
  } catch (error) {
    await stop()
    if (!(error instanceof ListenFailure)) throw error
    return err(refusal(`${error.message}: ${wayOut(error)}`, EXIT.retry))
  }
}

function serverOf(node: NodeApi, config: RpcConfig, logger: Logger): RpcServer {
  const { host, port, originsAllowed, hostsAllowed, api } = config
  return createRpcServer({ node, listen: { host, port }, originsAllowed, hostsAllowed, namespaces: api, logger })
}

function wayOut({ port, code }: ListenFailure): string {
  if (port === null) return 'the data directory must be on a file system with sockets'
  return NO_SUCH_ADDRESS.includes(code)
    ? 'rpc.host must be an address of this machine'
    : 'choose another with --rpc-port'
}
