/** Who proposed and who signed in a range of blocks, across epochs and their sets. */
import { defined } from '../base/invariant.ts'
import type { NodeApi } from '../node/node-api.ts'
import type { CommitCertificate } from '../types/certificate.ts'
import type { Address, Height } from '../types/ids.ts'
import { signersOf } from '../types/signer-bitmap.ts'
import type { Validator } from '../types/validator-set.ts'
import { blockAt } from './block-id.ts'
import type { WorkQueue } from './work-queue.ts'

interface SignerCounts {
  readonly address: Address
  readonly name: string
  proposed: number
  /** Of the certificates that it could have signed … */
  certificates: number
  /** … those that it did. */
  signed: number
}

/**
 * A certificate holds a quorum: a validator that signed a little later than others is not in it.
 * Blocks that a descendant's certificate made final have none of their own.
 */
export async function signerStats(node: NodeApi, work: WorkQueue, fromHeight: Height, toHeight: Height) {
  const counts = new Map<Address, SignerCounts>()
  const countsOf = (address: Address): SignerCounts => {
    const known = counts.get(address)
    if (known !== undefined) return known
    const name = node.validatorRecord(address)?.name ?? ''
    const fresh = { address, name, proposed: 0, certificates: 0, signed: 0 }
    counts.set(address, fresh)
    return fresh
  }
  let certificates = 0
  let sliceStartMs = performance.now()
  for (let height = fromHeight; height <= toHeight; height++) {
    const { header, finality } = blockAt(node, height)
    const members = defined(node.validatorSet(header.consensus.validatorsHash), `the validators of block ${height}`)
    for (const { address } of members) countsOf(address)
    if (height > 0) countsOf(header.miner).proposed += 1
    if (finality !== null) {
      certificates += 1
      countSigners(finality.certificate, members, countsOf)
    }
    sliceStartMs = await work.breathe(sliceStartMs)
  }
  const validators = [...counts.values()].sort((a, b) => (a.address < b.address ? -1 : 1))
  return { fromBlock: fromHeight, toBlock: toHeight, certificates, validators }
}

function countSigners(
  { bitmap }: CommitCertificate,
  members: readonly Validator[],
  countsOf: (address: Address) => SignerCounts,
): void {
  for (const { address } of members) countsOf(address).certificates += 1
  for (const signer of signersOf(bitmap)) countsOf(defined(members[signer], 'a signer').address).signed += 1
}
