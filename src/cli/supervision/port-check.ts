/** Whether ports are free, and who holds one that is not, as far as the operating system says (Linux: /proc). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'

const LISTENING = '0A'

/** One line for the first port that is taken; undefined when all are free. */
export async function portConflict(host: string, ports: readonly number[]): Promise<string | undefined> {
  for (const port of ports) {
    const code = await bindFailure(host, port)
    if (code === undefined) continue
    if (code !== 'EADDRINUSE') return `port ${port} cannot be used (${code})`
    const pid = pidListeningOn(port)
    return `port ${port} is used by ${pid === undefined ? 'another process' : `pid ${pid}`}`
  }
  return undefined
}

function bindFailure(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

function pidListeningOn(port: number): number | undefined {
  try {
    const inode = ['/proc/net/tcp', '/proc/net/tcp6'].map((table) => listenerInode(table, port)).find(Boolean)
    return inode === undefined
      ? undefined
      : readdirSync('/proc')
          .map(Number)
          .find((pid) => holdsSocket(pid, inode))
  } catch {
    return undefined
  }
}

/** Columns: slot, local address, remote address, state, queues, timer, retransmits, uid, timeout, inode. */
function listenerInode(table: string, port: number): string | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/)
    if (columns[1]?.endsWith(suffix) === true && columns[3] === LISTENING) return columns[9]
  }
  return undefined
}

function holdsSocket(pid: number, inode: string): boolean {
  if (!Number.isSafeInteger(pid)) return false
  const folder = `/proc/${pid}/fd`
  try {
    return readdirSync(folder).some((fd) => readlinkSync(`${folder}/${fd}`) === `socket:[${inode}]`)
  } catch {
    return false
  }
}
