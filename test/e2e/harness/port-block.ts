/**
 * Ports for one devnet. The first of a block is held open as long as the block is used, so that two
 * runs never take the same one; all lie below the range from which the system gives out ports.
 */
import { createServer, type Server } from 'node:net'

const FIRST_PORT = 21_024
const BLOCK_PORTS = 64
const BLOCKS = 160
/** Processes that a block has room for, with two ports each. */
const PROCESSES_MAX = 16

export interface PortBlock {
  readonly rpcPort: number
  readonly p2pPort: number
  /** Free, and nobody's. */
  readonly sparePort: number
  release(): void
}

export async function reservePorts(): Promise<PortBlock> {
  for (let attempt = 0; attempt < BLOCKS; attempt++) {
    const first = FIRST_PORT + ((process.pid + attempt) % BLOCKS) * BLOCK_PORTS
    const guard = await listen(first)
    if (guard === undefined) continue
    const block = { rpcPort: first + 1, p2pPort: first + 1 + PROCESSES_MAX, sparePort: first + 1 + 2 * PROCESSES_MAX }
    if (await areFree(block.rpcPort, block.sparePort)) return { ...block, release: () => guard.close() }
    guard.close()
  }
  throw new Error(`no block of ${BLOCK_PORTS} free ports from ${FIRST_PORT} on`)
}

async function areFree(first: number, last: number): Promise<boolean> {
  for (let port = first; port <= last; port++) {
    const server = await listen(port)
    if (server === undefined) return false
    await new Promise((resolve) => server.close(resolve))
  }
  return true
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server.unref()))
  })
}
