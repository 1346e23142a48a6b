/** One of each thing that is signed, stored or sent, the same in every run. */
import { type Hex, toHex, utf8 } from '../../../src/base/bytes.ts'
import { encodeRlp } from '../../../src/codec/rlp.ts'
import { type DirectMessage, encodeDirect, encodeEnvelopes } from '../../../src/network/messages.ts'
import { encodeBlocks, encodeBundle, encodeRange, encodeRequest, encodeStatus } from '../../../src/network/requests.ts'
import {
  encodeManifest,
  encodeStateRecord,
  type SnapshotManifest,
  type StateRecord,
} from '../../../src/sync/snapshot/snapshot-records.ts'
import { LOWEST_KEY } from '../../../src/sync/snapshot/state-chunk.ts'
import { type Block, blockItem, proposalItem } from '../../../src/types/block.ts'
import {
  commitCertificateItem,
  commitVoteItem,
  qcItem,
  tcItem,
  timeoutItem,
  voteItem,
} from '../../../src/types/certificate-codec.ts'
import { type Evidence, encodeEvidence } from '../../../src/types/evidence.ts'
import { encodeHeader } from '../../../src/types/header.ts'
import { addressFromBytes, idBytes } from '../../../src/types/ids.ts'
import { encodeSafetyRecord, freshSafetyRecord, type SafetyRecord } from '../../../src/types/safety-record.ts'
import { possessionPreimage, statementPreimage } from '../../../src/types/signing-domain.ts'
import { encodeValidators } from '../../../src/types/validator-set.ts'
import { Committee, namedHash } from '../consensus/committee.ts'
import { storedRecords } from './record-samples.ts'

export const committee = new Committee(4, { signed: true })
const { genesisHash, set } = committee
export const newKey = new Uint8Array(33).fill(2)
export const newOwner = addressFromBytes(new Uint8Array(20).fill(3))
const blockHash = namedHash('block')

const [first, second] = committee.chain(2)
if (first === undefined || second === undefined) throw new Error('a chain of two')
export const parent = second
export const justify = committee.qcOf(parent)
export const happy = committee.block({ view: 3, parent, justify, transactions: [utf8('one'), utf8('two')] })
export const tc = committee.tc(300, justify, [0, 2, 3], { 2: 1 })
export const afterTimeout = committee.block({
  view: 301,
  parent,
  justify,
  tc,
  consensus: { end: true, nextValidatorsHash: namedHash('next validators') },
})
const proposal = committee.proposal(happy)
export const vote = committee.vote(2, 3, happy.hash, 2)
const commitVote = committee.commitVote(2, 3, happy.hash)
export const commitCertificate = committee.commitQcOf(parent)
const finality = { certificate: commitCertificate, suffix: [] }
const timeoutMessage = committee.timeoutMessage(1, 3, justify, {
  vote: committee.vote(1, 3, happy.hash, 2),
  proposal,
})
const timeoutWithTc = committee.timeoutMessage(1, 301, justify, { tc })
export const bundle = { epoch: 1, highQc: justify, tc, commitCertificate }
export const status = { epoch: 1, view: 301, highQcView: 2, height: 2, tipHash: parent.hash }
export const record: SafetyRecord = {
  epoch: 1,
  lastVotedView: 300,
  lastTimeoutView: 301,
  lastProposedView: 299,
  highQc: justify,
  highTc: tc,
  lastVote: { view: 300, blockHash: happy.hash, justifyView: 2 },
  lastCommitVote: { view: 2, blockHash: parent.hash },
  lastTimeout: { view: 301, highQc: justify, tc },
  lastProposal: { view: 299, blockHash: happy.hash },
}

export const directMessages: readonly DirectMessage[] = [
  { kind: 'proposal', proposal },
  { kind: 'proposal', proposal: committee.proposal(afterTimeout) },
  { kind: 'vote', vote },
  { kind: 'commitVote', vote: commitVote },
  { kind: 'timeout', message: timeoutMessage },
  { kind: 'timeout', message: timeoutWithTc },
  { kind: 'certificates', bundle },
  { kind: 'certificates', bundle: { ...bundle, tc: null, commitCertificate: null } },
  { kind: 'certificatesWanted' },
  { kind: 'status', status },
  { kind: 'transactions', envelopes: [utf8('one'), utf8('two')] },
  { kind: 'epochEnd', proof: { header: parent.header, finality: { ...finality, suffix: [happy.header] } } },
  { kind: 'diverged', divergence: { height: happy.header.height, blockHash: happy.hash } },
]

export const requests = [
  { kind: 'blocks', hash: happy.hash, above: 2 },
  { kind: 'range', from: 1, count: 64 },
  { kind: 'certificates' },
  { kind: 'status' },
  { kind: 'stateNode', path: Uint8Array.of(1, 15), hash: idBytes(happy.hash) },
  { kind: 'snapshot' },
  { kind: 'setLinks', from: 3 },
  {
    kind: 'stateChunk',
    part: {
      owner: idBytes(parent.hash),
      root: idBytes(happy.hash),
      from: LOWEST_KEY,
      until: new Uint8Array(32).fill(0xff),
    },
  },
  { kind: 'code', hash: idBytes(happy.hash) },
] as const

const signedHeader = (block: Block, signer?: number) => ({
  header: block.header,
  signature: committee.proposal(block, signer).signature,
})
const rival = committee.block({ view: 3, parent, justify, transactions: [utf8('three')] })
/** Led by validator 3, and named so, but with a TC where none belongs. */
const unjustified = committee.block({ view: 3, parent, justify, tc: committee.tc(2, committee.root, [0, 2, 3]) })

/** One of each kind, all true. */
export const evidence: readonly Evidence[] = [
  { kind: 'doubleProposal', first: signedHeader(happy), second: signedHeader(rival) },
  { kind: 'doubleVote', first: vote, second: committee.vote(2, 3, rival.hash, 2) },
  { kind: 'doubleCommitVote', first: commitVote, second: committee.commitVote(2, 3, rival.hash) },
  { kind: 'hiddenLock', vote, timeout: committee.timeout(2, 4, 1) },
  { kind: 'abandonedCommit', commitVote, timeout: committee.timeout(2, 300, 2) },
  { kind: 'doubleTimeout', first: committee.timeout(2, 300, 2), second: committee.timeout(2, 300, 3) },
  { kind: 'badHeader', ...signedHeader(unjustified) },
  { kind: 'voteForBadHeader', vote: committee.vote(2, 3, unjustified.hash, 2), header: unjustified.header },
]

export const manifest: SnapshotManifest = {
  genesisHash,
  links: [{ end: { header: parent.header, finality }, validators: set.members }],
  block: happy,
  finality,
  nextValidators: set.members,
  receipts: utf8('receipts'),
}
export const chunkRecord: StateRecord = {
  kind: 'chunk',
  owner: new Uint8Array(0),
  chunk: {
    range: { from: LOWEST_KEY, to: new Uint8Array(32).fill(7) },
    entries: [[new Uint8Array(32).fill(7), utf8('account')]],
    proof: [utf8('node')],
  },
}
export const codeRecord: StateRecord = { kind: 'code', code: utf8('code') }

/** Name → bytes, as test/vectors/protocol.json pins them. */
export function goldenBytes(): Record<string, Hex> {
  const bytes: Record<string, Uint8Array> = {
    'preimage vote': statementPreimage(genesisHash, { kind: 'vote', epoch: 1, view: 3, blockHash, justifyView: 2 }),
    'preimage commit': statementPreimage(genesisHash, { kind: 'commit', epoch: 1, view: 3, blockHash }),
    'preimage timeout': statementPreimage(genesisHash, { kind: 'timeout', epoch: 1, view: 3, highQcView: 2 }),
    'preimage proposal': statementPreimage(genesisHash, { kind: 'proposal', epoch: 1, view: 3, blockHash }),
    'preimage possession': possessionPreimage(genesisHash, newKey, newOwner),
    validators: encodeValidators(set.members),
    header: encodeHeader(happy.header),
    'header with TC and END': encodeHeader(afterTimeout.header),
    block: encodeRlp(blockItem(happy)),
    'block with TC': encodeRlp(blockItem(afterTimeout)),
    proposal: encodeRlp(proposalItem(proposal)),
    'root QC': encodeRlp(qcItem(committee.root)),
    QC: encodeRlp(qcItem(justify)),
    TC: encodeRlp(tcItem(tc)),
    CommitQC: encodeRlp(commitCertificateItem(commitCertificate)),
    vote: encodeRlp(voteItem(vote)),
    'commit vote': encodeRlp(commitVoteItem(commitVote)),
    timeout: encodeRlp(timeoutItem(timeoutMessage.timeout)),
    bundle: encodeBundle(bundle),
    status: encodeStatus(status),
    'safety record': encodeSafetyRecord(record),
    'fresh safety record': encodeSafetyRecord(freshSafetyRecord(1, committee.root)),
    blocks: encodeBlocks([happy, parent]),
    range: encodeRange({ blocks: [parent], finality }),
    'empty range': encodeRange({ blocks: [], finality: null }),
    envelopes: encodeEnvelopes([utf8('one'), utf8('two')]),
    'snapshot manifest': encodeManifest(manifest),
    'snapshot chunk': encodeStateRecord(chunkRecord),
    'snapshot code': encodeStateRecord(codeRecord),
  }
  for (const [index, message] of directMessages.entries())
    bytes[`direct ${index} ${message.kind}`] = encodeDirect(message)
  for (const request of requests) bytes[`request ${request.kind}`] = encodeRequest(request)
  Object.assign(bytes, storedRecords())
  for (const one of evidence) bytes[`evidence ${one.kind}`] = encodeEvidence(one)
  return Object.fromEntries(Object.entries(bytes).map(([name, value]) => [name, toHex(value)]))
}
