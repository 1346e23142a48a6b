/** Asks the node of a data directory over its admin socket. */
import { EXIT } from '../node/exit-codes.ts'
import { adminSocket } from '../node/socket-place.ts'
import { fail } from './failure.ts'
import { callSocket, RefusedCall } from './socket-client.ts'

export const DATA_OPTION = ['--data <dir>', 'data directory of the node, as "tertia start --data" takes it'] as const

/** @throws RefusedCall; CliFailure with code 75 when no node runs there. */
export async function callAdmin<T>(dataDir: string, method: string, params: readonly unknown[] = []): Promise<T> {
  const path = adminSocket(dataDir).find()
  if (path === undefined)
    return fail(`no node runs in ${dataDir}: start one, or name its directory with --data`, EXIT.retry)
  return await callSocket<T>(path, method, params)
}

/** The same, where a refusal is the end of the command. */
export async function askAdmin<T>(dataDir: string, method: string, params: readonly unknown[] = []): Promise<T> {
  try {
    return await callAdmin<T>(dataDir, method, params)
  } catch (error) {
    if (error instanceof RefusedCall) fail(`the node refuses: ${error.message}`)
    throw error
  }
}
