/** The server could not take its port. */
export class ListenFailure extends Error {
  override readonly name = 'ListenFailure'
  /** The operating system's: EADDRINUSE, EACCES, EADDRNOTAVAIL, … */
  readonly code: string

  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    const code = cause.code ?? 'UNKNOWN'
    const reason = code === 'EADDRINUSE' ? 'it is already in use' : cause.message
    super(`cannot listen on ${host}:${port}: ${reason}`, { cause })
    this.code = code
  }
}
