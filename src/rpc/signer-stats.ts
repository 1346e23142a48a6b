/** Who proposed and who signed in a range of blocks. */
import { defined } from '../base/invariant.ts'
import type { NodeApi } from '../node/node-api.ts'
import type { Height } from '../types/ids.ts'
import { signersOf } from '../types/signer-bitmap.ts'
import type { WorkQueue } from './work-queue.ts'

/** A certificate holds a quorum: a validator that signed a little later than others is not in it. */
export async function signerStats(node: NodeApi, work: WorkQueue, fromHeight: Height, toHeight: Height) {
  const counts = node.validators().map(({ address, name }) => ({ address, name, proposed: 0, signed: 0 }))
  let certificates = 0
  let sliceStartMs = performance.now()
  for (let height = fromHeight; height <= toHeight; height++) {
    const { header, commitCertificate } = defined(node.blockByHeight(height), `block ${height}`)
    const proposer = counts.find(({ address }) => address === header.miner)
    if (proposer !== undefined) proposer.proposed += 1
    if (commitCertificate !== null) {
      certificates += 1
      for (const signer of signersOf(commitCertificate.bitmap)) defined(counts[signer], 'a signer').signed += 1
    }
    sliceStartMs = await work.breathe(sliceStartMs)
  }
  return { fromBlock: fromHeight, toBlock: toHeight, certificates, validators: counts }
}
