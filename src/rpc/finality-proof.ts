/**
 * What shows that a block is final: its header, the headers of its descendants up to one that a
 * quorum certified to commit, and that certificate. Genesis needs none: its hash is what is trusted.
 */
import type { FinalBlock, NodeApi } from '../node/node-api.ts'
import { encodeHeader } from '../types/header.ts'
import { RESOURCE_NOT_FOUND, RpcError } from './errors.ts'
import { commitCertificateJson } from './serializers/certificate.ts'
import { data } from './serializers/encoding.ts'

/** BOUND: far more blocks than one certificate makes final. */
const HEADERS_MAX = 1_024

export function finalityProof(node: NodeApi, block: FinalBlock) {
  const headers: string[] = []
  for (let at: FinalBlock | undefined = block; at !== undefined; at = node.blockByHeight(at.header.height + 1)) {
    headers.push(data(encodeHeader(at.header)))
    if (headers.length > HEADERS_MAX) break
    const { commitCertificate } = at
    if (commitCertificate === null && block.header.height > 0) continue
    const certificate = commitCertificate === null ? null : commitCertificateJson(commitCertificate)
    return { height: block.header.height, hash: block.hash, headers, certificate }
  }
  throw new RpcError(RESOURCE_NOT_FOUND, `no certificate follows block ${block.header.height} closely enough`)
}
