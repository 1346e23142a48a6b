/** The methods for the operator, beside all others, on a Unix socket (docs/operations.md, "The admin socket"). */
import type { Logger } from '../base/logger.ts'
import type { AdminApi, NodeApi } from '../node/node-api.ts'
import { FilterStore } from './filter-store.ts'
import { JsonRpc } from './json-rpc.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { RpcContext, RpcMethod } from './method.ts'
import { socketMethods } from './methods/all.ts'
import { ReceiptWaiter } from './receipt-waiter.ts'
import { listenOnUnixSocket, type UnixSocket } from './unix-socket.ts'
import { WorkQueue } from './work-queue.ts'

export interface AdminSocketConfig {
  readonly node: NodeApi
  readonly admin: AdminApi
  readonly path: string
  /** What this process offers beside. */
  readonly more: readonly RpcMethod[]
  readonly logger: Logger
}

/** @throws ListenFailure */
export async function openAdminSocket({ node, admin, path, more, logger }: AdminSocketConfig): Promise<UnixSocket> {
  const limits = DEFAULT_LIMITS
  const receipts = new ReceiptWaiter(node, limits.receiptWaitersMax)
  const filters = new FilterStore(node, limits)
  const work = new WorkQueue(limits.queuedJobsMax)
  const context: RpcContext = { node, limits, work, receipts, filters, session: null }
  const rpc = new JsonRpc(socketMethods(admin, more), logger)
  const stopWaiting = (): void => {
    receipts.stop()
    filters.stop()
  }
  try {
    const socket = await listenOnUnixSocket(path, (text) => rpc.answer(text, context), logger)
    return {
      close: async () => {
        stopWaiting()
        await socket.close()
      },
    }
  } catch (error) {
    stopWaiting()
    throw error
  }
}
