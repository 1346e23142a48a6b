/**
 * A viem transport that believes nothing it is not shown: `verified(http(url), { genesis })`.
 * What cannot be verified is refused as a method that there is none of, so that clients fall back
 * on methods that can.
 */
import { MethodNotFoundRpcError, type Transport } from 'viem'
import { PASSED_METHODS, VERIFIED_METHODS } from './verified-methods.ts'
import { type Send, type VerifiedOptions, VerifiedReader } from './verified-reader.ts'

export function verified(transport: Transport, options: VerifiedOptions): Transport {
  return (parameters) => {
    const inner = transport(parameters)
    const send: Send = async (method, params) => {
      const answer: unknown = await inner.request({ method, params })
      return answer
    }
    const reader = new VerifiedReader(send, options)
    const request = ({ method, params }: { readonly method: string; readonly params?: unknown }): Promise<unknown> => {
      const values = Array.isArray(params) ? (params as readonly unknown[]) : []
      const verify = VERIFIED_METHODS.get(method)
      if (verify !== undefined) return verify(reader, values, send)
      if (PASSED_METHODS.has(method)) return send(method, values)
      return Promise.reject(new MethodNotFoundRpcError(new Error(`${method} cannot be verified`), { method }))
    }
    // Of its own type and without `value`: through a socket's `subscribe` its events would come past the proofs. So
    // viem polls instead.
    const config = { ...inner.config, key: 'verified', name: `verified ${inner.config.name}`, type: 'verified' }
    return { config, request: request as typeof inner.request }
  }
}
