/**
 * JSON-RPC on a Unix socket, as Ethereum's nodes offer it: values follow each other, answers are
 * lines. Who may open the file may do everything behind it, so nobody but its owner may.
 */
import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { Logger } from '../base/logger.ts'
import { JsonSplitter } from './json-splitter.ts'
import { ListenFailure } from './listen-failure.ts'

/** The answer to one text; null for what is not answered. Never throws and never rejects. */
export type Answerer = (text: string) => string | null | Promise<string | null>

export interface UnixSocket {
  /** Answers nothing any more and removes the file. */
  close(): Promise<void>
}

/** BOUND: of people and programs that operate one node. */
const CONNECTIONS_MAX = 32
/** BOUND: of one request or batch. */
const REQUEST_BYTES_MAX = 1024 * 1024
const OWNER_ONLY = 0o177

/**
 * Whoever calls this holds the lock of the directory, so a file that lies there is a dead process's.
 * @throws ListenFailure
 */
export async function listenOnUnixSocket(path: string, answer: Answerer, logger: Logger): Promise<UnixSocket> {
  rmSync(path, { force: true })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', (error) => logger.debug('a connection of the admin socket failed', { error: error.message }))
    serve(socket, answer)
  })
  server.maxConnections = CONNECTIONS_MAX
  await listening(server, path)
  return {
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      return closed
    },
  }
}

/** The file is made while others may not open it: changing its mode afterwards would leave a moment in between. */
function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new ListenFailure(path, null, error)))
    const before = process.umask(OWNER_ONLY)
    try {
      server.listen(path, () => resolve())
    } finally {
      process.umask(before)
    }
  })
}

/** One request after the other; while one is answered nothing more is read. */
function serve(socket: Socket, answer: Answerer): void {
  const splitter = new JsonSplitter(REQUEST_BYTES_MAX)
  const answerAll = async (texts: readonly Uint8Array[]) => {
    for (const text of texts) {
      const answered = await answer(Buffer.from(text).toString('utf8'))
      if (answered !== null && !socket.destroyed) socket.write(`${answered}\n`)
    }
  }
  socket.on('data', (chunk) => {
    const texts = splitter.take(chunk)
    if (texts === undefined) {
      socket.destroy()
      return
    }
    if (texts.length === 0) return
    socket.pause()
    answerAll(texts)
      .catch((error: unknown) => socket.destroy(error instanceof Error ? error : new Error(String(error))))
      .finally(() => socket.resume())
      .catch(() => undefined)
  })
}
