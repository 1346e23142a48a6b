/** INVARIANT: an honest key signs one thing for one kind and view, in all its lives. Kept outside the nodes. */
import { bytesEqual } from '../../base/bytes.ts'
import type { Checker } from '../checker.ts'
import { SimulationFailure } from '../simulation-failure.ts'

export function signatureChecker(): Checker {
  const signed = new Map<string, Uint8Array>()
  return {
    onSign(node, request, digest) {
      if (node.isByzantine) return
      const key = `${node.index} ${request.kind} ${request.epoch} ${request.view}`
      const before = signed.get(key)
      if (before === undefined) signed.set(key, digest)
      else if (!bytesEqual(before, digest))
        throw new SimulationFailure('double sign', `node ${key}: signs twice and otherwise`)
    },
  }
}
