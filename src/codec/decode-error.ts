/**
 * Thrown by the readers of this folder when bytes from outside are not what they have to be.
 * `decodeWith` turns it into a rejection; it never leaves a decoder otherwise.
 */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
}
