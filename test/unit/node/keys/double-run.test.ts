import { describe, expect, it } from 'vitest'
import type { Event } from '../../../../src/consensus/events.ts'
import { createSigner } from '../../../../src/crypto/secp256k1.ts'
import { chooseSigner } from '../../../../src/node/keys/choose-signer.ts'
import { signedElsewhere } from '../../../../src/node/keys/double-run.ts'
import { epochAtTip } from '../../../../src/replica/epoch-context.ts'
import { openChain } from '../../../../src/replica/open-replica.ts'
import { MemoryFiles } from '../../../../src/storage/memory/memory-files.ts'
import { MemoryStore } from '../../../../src/storage/memory/memory-store.ts'
import { SigningRecord } from '../../../../src/storage/signing-record.ts'
import { rootQc } from '../../../../src/types/certificate.ts'
import { idBytes } from '../../../../src/types/ids.ts'
import { mintVerified } from '../../../../src/types/mint-verified.ts'
import { encodeSafetyRecord, freshSafetyRecord, type SafetyRecord } from '../../../../src/types/safety-record.ts'
import { bitmapOf } from '../../../../src/types/signer-bitmap.ts'
import { genesisBlock } from '../../replica/genesis-block.ts'

const SECRET = new Uint8Array(32).fill(7)
const genesis = genesisBlock('ours')
const blockHash = genesis.block.hash
const signature = new Uint8Array(64)
const ours = { epoch: 1, blockHash, signer: 0, signature }
/** Signed by validator 0, or by nobody. */
const certificate = (view: number, isOurs = true) => ({
  ...rootQc(1, blockHash),
  view,
  bitmap: bitmapOf(isOurs ? [0] : [], 1),
})
const bundle = (parts: { readonly vote?: number; readonly commitVote?: number }): Event => ({
  kind: 'certificates',
  bundle: mintVerified({
    epoch: 1,
    highQc: certificate(parts.vote ?? 0, parts.vote !== undefined),
    tc: null,
    commitCertificate: parts.commitVote === undefined ? null : certificate(parts.commitVote),
  }),
})
const vote = (view: number): Event => ({ kind: 'vote', vote: mintVerified({ ...ours, view, justifyView: 0 }) })
const commitVote = (view: number): Event => ({ kind: 'commitVote', vote: mintVerified({ ...ours, view }) })
const timeout = (view: number): Event => ({
  kind: 'timeout',
  message: mintVerified({
    timeout: { epoch: 1, view, highQcView: 0, signer: 0, signature },
    highQc: rootQc(1, blockHash),
    tc: null,
    vote: null,
    proposal: null,
  }),
})

const known: SafetyRecord = {
  ...freshSafetyRecord(1, rootQc(1, blockHash)),
  lastVotedView: 5,
  lastCommitVote: { view: 4, blockHash },
  lastTimeoutView: 6,
}

function judged(event: Event, record = known): string | null {
  const files = new MemoryFiles()
  SigningRecord.create(files, 'record', idBytes(blockHash), encodeSafetyRecord(record), () => undefined)
  const signingRecord = SigningRecord.open(files, 'record', idBytes(blockHash))
  const chain = openChain(new MemoryStore(), new MemoryFiles(), genesis)
  if (!signingRecord.ok || !chain.ok) throw new Error('the disk in memory cannot be opened')
  const { publicKey } = createSigner(SECRET)
  const consensusKeys = () => [publicKey]
  const context = epochAtTip(chain.value.store, { faultModel: 'byzantine', consensusKeys, peerOf: () => null })
  const callSigner = chooseSigner(SECRET)
  const signer = { sign: (digest: Uint8Array) => callSigner.sign(digest).signature }
  return signedElsewhere(event, context, [{ publicKey, signer, callSigner, signingRecord: signingRecord.value }])
}

describe('what a key has signed', () => {
  it.each([
    ['a vote', vote(5)],
    ['a commit vote', commitVote(4)],
    ['a timeout', timeout(6)],
    ['certificates with its votes', bundle({ vote: 5, commitVote: 4 })],
    ['certificates without its votes', bundle({})],
  ])('is its own as far as the record knows of it: %s', (_, event) => {
    expect(judged(event)).toBeNull()
  })

  it.each([
    ['the vote in view 6', vote(6)],
    ['the commit vote in view 5', commitVote(5)],
    ['the timeout of view 7', timeout(7)],
    ['the vote in view 9', bundle({ vote: 9 })],
    ['the commit vote in view 9', bundle({ commitVote: 9 })],
  ])('is of another process beyond that: %s', (what, event) => {
    expect(judged(event)).toContain(what)
  })

  it('is measured by the record of the epoch', () => {
    expect(judged(vote(1), { ...known, epoch: 0 })).toContain('the vote in view 1')
    expect(judged(vote(9), { ...known, epoch: 2 })).toBeNull()
  })
})
