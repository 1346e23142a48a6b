/**
 * `tertia/client`: reads that need no trusted server, in Node and in browsers.
 *
 * ```ts
 * import { createPublicClient, http } from 'viem'
 * import { verified } from 'tertia/client'
 *
 * const client = createPublicClient({ transport: verified(http(url), { genesis: '0x…' }) })
 * await client.getBalance({ address }) // throws a VerificationError when the server lies
 * ```
 */
export { type VerifiedReceipt, verifyReceipts, verifyTransactions } from './block.ts'
export { type FinalHeader, verifyFinalityProof } from './finality.ts'
export { type Difference, type QuorumOptions, quorum } from './quorum-transport.ts'
export { type VerifiedAccount, verifyAccount, verifyCode, verifyStorage } from './state.ts'
export { type Trust, type TrustedEpoch, trustGenesis } from './trust.ts'
export { verifyValidatorSets } from './validator-sets.ts'
export { type VerificationCode, VerificationError } from './verification-error.ts'
export { type BlockId, type Send, type VerifiedOptions, VerifiedReader } from './verified-reader.ts'
export { verified } from './verified-transport.ts'
