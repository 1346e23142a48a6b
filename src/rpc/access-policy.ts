/**
 * Who may talk to the server from where. A page on the web can make its reader's browser send
 * requests to this machine; what gives it away are two headers that it cannot forge: Host, which
 * names the attacker's domain after DNS rebinding, and Origin.
 */
import type { IncomingHttpHeaders } from 'node:http'

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]']
const PREFLIGHT_SECONDS = '600'

export class AccessPolicy {
  readonly #hosts: ReadonlySet<string>
  readonly #origins: readonly RegExp[]

  /**
   * @param hostsAllowed names without a port, besides those of loopback; '*' allows all.
   * @param originsAllowed origins; ':*' stands for any port, '*' elsewhere for any name.
   */
  constructor(hostsAllowed: readonly string[], originsAllowed: readonly string[]) {
    this.#hosts = new Set([...LOOPBACK_NAMES, ...hostsAllowed.map((host) => host.toLowerCase())])
    this.#origins = originsAllowed.map(originPattern)
  }

  /** Why the request is refused, or null. */
  refusal(headers: IncomingHttpHeaders): string | null {
    const host = (headers.host ?? '').toLowerCase().replace(/:\d*$/, '')
    if (!this.#hosts.has(host) && !this.#hosts.has('*'))
      return 'this Host is not allowed, rpc.hostsAllowed of the node lists others'
    const { origin } = headers
    return origin === undefined || this.#allowsOrigin(origin)
      ? null
      : 'this Origin is not allowed, rpc.originsAllowed of the node lists others'
  }

  /** Names and values in turn. For a request that is not refused. */
  corsHeaders(headers: IncomingHttpHeaders): readonly string[] {
    return headers.origin === undefined ? [] : ['Access-Control-Allow-Origin', headers.origin, 'Vary', 'Origin']
  }

  preflightHeaders(headers: IncomingHttpHeaders): readonly string[] {
    return [
      ...this.corsHeaders(headers),
      ...['Access-Control-Allow-Methods', 'GET, POST'],
      ...['Access-Control-Allow-Headers', 'content-type'],
      ...['Access-Control-Max-Age', PREFLIGHT_SECONDS],
      ...(headers['access-control-request-private-network'] === 'true'
        ? ['Access-Control-Allow-Private-Network', 'true']
        : []),
    ]
  }

  #allowsOrigin(origin: string): boolean {
    return this.#origins.some((pattern) => pattern.test(origin))
  }
}

function originPattern(text: string): RegExp {
  if (text === '*') return /^/
  const escaped = text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/:\*$/, '(?::\\d{1,5})?').replaceAll('*', '[\\w.-]+')}$`, 'i')
}
