/** The socket over which a second terminal steers a running devnet: `control.sock` in its directory. */
import type { Logger } from '../../base/logger.ts'
import { SocketPlace } from '../../node/socket-place.ts'
import { listenOnUnixSocket } from '../../rpc/unix-socket.ts'
import { CliFailure } from '../failure.ts'
import { RefusedCall } from '../socket-client.ts'
import type { DevnetControl } from './devnet-control.ts'
import type { DevnetLayout } from './layout.ts'

export function controlPlace({ directory }: DevnetLayout): SocketPlace {
  return new SocketPlace(directory, 'control')
}

/** The verbs by their names; parameters come from our own command line. */
type Verbs = Readonly<Record<string, (control: DevnetControl, params: readonly never[]) => unknown>>

const VERBS: Verbs = {
  processes: (control) => control.processes(),
  kill: (control, [index]: readonly number[]) => control.kill(index ?? -1),
  start: (control, [index]: readonly number[]) => control.start(index ?? -1),
  pause: (control, [index]: readonly number[]) => control.pause(index ?? -1),
  resume: (control, [index]: readonly number[]) => control.resume(index ?? -1),
  partition: (control, [groups]: readonly (readonly (readonly number[])[])[]) => control.partition(groups ?? []),
  heal: (control) => control.heal(),
  delay: (control, [index, delayMs]: readonly number[]) => control.delay(index ?? -1, delayMs ?? 0),
  equivocate: (control, [index, views]: readonly number[]) => control.equivocate(index ?? -1, views ?? 1),
}

/** @returns how to close it. */
export async function openControlSocket(
  layout: DevnetLayout,
  control: DevnetControl,
  logger: Logger,
): Promise<() => Promise<void>> {
  const place = controlPlace(layout)
  const socket = await listenOnUnixSocket(place.claim(), (text) => answer(control, text), logger)
  return async () => {
    await socket.close()
    place.release()
  }
}

async function answer(control: DevnetControl, text: string): Promise<string> {
  try {
    const { method, params } = JSON.parse(text) as { readonly method: string; readonly params: readonly never[] }
    const verb = Object.hasOwn(VERBS, method) ? VERBS[method] : undefined
    if (verb === undefined) return failure(`the devnet knows no "${method}"`)
    return JSON.stringify({ jsonrpc: '2.0', id: 1, result: (await verb(control, params)) ?? null })
  } catch (error) {
    if (error instanceof CliFailure || error instanceof RefusedCall || error instanceof SyntaxError)
      return failure(error.message)
    throw error
  }
}

function failure(message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32_000, message } })
}
