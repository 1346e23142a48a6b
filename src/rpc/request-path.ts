/** Where in its URL a request asks. */
import type { IncomingMessage } from 'node:http'

/** JSON-RPC over HTTP and WebSocket, and nothing else, is here. */
export const RPC_PATH = '/'

/** The path in the forms of RFC 9112, 3.2, one of which names the host as well; a `*` asks for the server, as `/` does. */
const REQUEST_TARGET = /^(?:https?:\/\/[^/?]*)?(\/[^?]*)?/i

/** Without the query, where users of hosted nodes put their key. */
export function pathOf({ url = RPC_PATH }: IncomingMessage): string {
  return REQUEST_TARGET.exec(url)?.[1] ?? RPC_PATH
}
