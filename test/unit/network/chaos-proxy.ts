/** A TCP relay in front of a node whose connections a test may reset, or freeze as a stopped process would. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class ChaosProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #frozen = false

  constructor(server: Server, targetPort: number) {
    this.#server = server
    server.on('connection', (near) => {
      if (this.#frozen) near.pause()
      this.#join(near, connect(targetPort, '127.0.0.1'))
    })
  }

  static async to(targetPort: number): Promise<ChaosProxy> {
    const server = createServer()
    const proxy = new ChaosProxy(server, targetPort)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  resetAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Bytes are accepted by the kernel, and go nowhere. */
  setFrozen(frozen: boolean): void {
    this.#frozen = frozen
    for (const socket of this.#sockets) {
      if (frozen) socket.pause()
      else socket.resume()
    }
  }

  close(): void {
    this.resetAll()
    this.#server.close()
  }

  #join(near: Socket, far: Socket): void {
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('data', (chunk) => {
        if (!other.destroyed) other.write(chunk)
      })
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
  }
}
