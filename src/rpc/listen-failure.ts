/** The server could not take its port or the file of its socket. */
export class ListenFailure extends Error {
  override readonly name = 'ListenFailure'
  /** The operating system's: EADDRINUSE, EACCES, EADDRNOTAVAIL, … */
  readonly code: string
  readonly port: number | null

  /** @param place of a Unix socket its path, with no port. */
  constructor(place: string, port: number | null, cause: NodeJS.ErrnoException) {
    const code = cause.code ?? 'UNKNOWN'
    const reason = code === 'EADDRINUSE' ? 'it is already in use' : cause.message
    super(`cannot listen on ${port === null ? place : `${place}:${port}`}: ${reason}`, { cause })
    this.code = code
    this.port = port
  }
}
