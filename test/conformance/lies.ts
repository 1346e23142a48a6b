/** Servers that lie: what they make of the answers of an honest node. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { post } from './single-node.ts'

export type Json = Record<string, unknown>
/** What a lying server makes of an honest answer. */
export type Lie = (method: string, answer: unknown, params: readonly unknown[]) => unknown

interface Proof {
  headers: string[]
  certificate: Json & { epoch: number; signatures: string[] }
}

interface SetProof {
  links: (Proof & { epoch: number; validators: Json[] | null })[]
}

export const honest: Lie = (_, answer) => answer

export function lieTo(target: string, change: (answer: never, params: readonly unknown[]) => unknown): Lie {
  return (method, answer, params) => (method === target ? change(structuredClone(answer) as never, params) : answer)
}

export function lieInProof(change: (proof: Proof) => void): Lie {
  return lieTo('bft_getFinalityProof', (proof: Proof) => {
    change(proof)
    return proof
  })
}

export function lieInSets(change: (links: SetProof['links']) => void): Lie {
  return lieTo('bft_getValidatorSetProof', (proof: SetProof) => {
    change(proof.links)
    return proof
  })
}

/** Other data of the same form: one bit differs. */
export function flipped(hex: string | undefined, at = -1): string {
  const text = hex ?? '0x0'
  const place = at < 0 ? text.length + at : at
  const digit = (Number.parseInt(text.charAt(place), 16) ^ 1).toString(16)
  return `${text.slice(0, place)}${digit}${text.slice(place + 1)}`
}

export interface LyingServer {
  readonly url: string
  close(): void
}

/** Passes on to the node at `url`, and lies about its answers. */
export async function serveLies(url: string, lie: Lie): Promise<LyingServer> {
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const request = JSON.parse(Buffer.concat(chunks).toString()) as { method: string; params?: unknown[] }
      const answered = post(url, request).then((answer) => ({
        ...answer,
        ...('result' in answer && { result: lie(request.method, answer.result, request.params ?? []) }),
      }))
      const send = (answer: unknown) => {
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(answer))
      }
      answered.then(send).catch(() => response.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}
