/** Evidence against the one validator of a network, made with its key. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { statementDigest } from '../../src/crypto/digests.ts'
import { createSigner } from '../../src/crypto/secp256k1.ts'
import { encodeEvidence } from '../../src/types/evidence.ts'
import type { Hash } from '../../src/types/ids.ts'
import type { SingleNode } from './single-node.ts'

/** Two votes of the node's own key, in a view that it is far from: it has never cast them. */
export function doubleVote(node: SingleNode) {
  const { privateKey } = JSON.parse(readFileSync(join(node.dataDir, 'consensus.json'), 'utf8')) as {
    privateKey: string
  }
  const signer = createSigner(fromHex(privateKey))
  const vote = (blockHash: Hash) => {
    const content = { epoch: 1, view: 1_000, blockHash, justifyView: 1 }
    const { signature } = signer.sign(statementDigest(node.genesisHash, { kind: 'vote', ...content }))
    return { ...content, signer: 0, signature }
  }
  const [first, second] = [vote(`0x${'01'.repeat(32)}` as Hash), vote(`0x${'02'.repeat(32)}` as Hash)]
  return toHex(encodeEvidence({ kind: 'doubleVote', first, second }))
}
