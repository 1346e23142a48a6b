/** The network could take none of the addresses it was to listen on: a port in use, or an address of another machine. */
export class NetworkListenFailure extends Error {
  override readonly name = 'NetworkListenFailure'
}
