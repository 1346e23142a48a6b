/**
 * The pool did not do its work; whether the signatures were good is not known.
 *
 * - `busy`: the queue is full, ask again later.
 * - `crashed`: a worker died twice over the same items, or workers die faster than they work.
 * - `closed`: the pool is closed or closing.
 */
export class CryptoPoolFailure extends Error {
  override readonly name = 'CryptoPoolFailure'
  readonly code: 'busy' | 'crashed' | 'closed'

  constructor(code: CryptoPoolFailure['code'], message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}
