// Bytes that are signed, stored or sent may never change unseen: a change of this file is a change of the protocol.
import { readFileSync } from 'node:fs'
import { createBlockHeader } from '@ethereumjs/block'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { RLP } from '@ethereumjs/rlp'
import { bytesToHex, concat, hexToBytes, keccak256, stringToHex, toRlp } from 'viem'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src/base/bytes.ts'
import { decodeRlp, encodeRlp, type RlpItem } from '../../../src/codec/rlp.ts'
import { hashHeader, possessionDigest, qcDigest, statementDigest, tcDigest } from '../../../src/crypto/digests.ts'
import { readQc, readTc } from '../../../src/types/certificate-codec.ts'
import { decodeEvidence, EVIDENCE_BYTES_MAX, encodeEvidence } from '../../../src/types/evidence.ts'
import { headerItem, readHeader, timestampOf } from '../../../src/types/header.ts'
import { decodeSafetyRecord, encodeSafetyRecord, freshSafetyRecord } from '../../../src/types/safety-record.ts'
import { namedHash } from '../consensus/committee.ts'
import {
  afterTimeout,
  committee,
  evidence,
  goldenBytes,
  happy,
  justify,
  newKey,
  newOwner,
  record,
  tc,
  vote,
} from './protocol-samples.ts'

const pinned = JSON.parse(readFileSync(new URL('../../vectors/protocol.json', import.meta.url), 'utf8')) as Record<
  string,
  `0x${string}`
> & { readonly QC: `0x${string}`; readonly TC: `0x${string}` }

describe('the bytes of the protocol', () => {
  const golden = goldenBytes()
  it('are all pinned', () => expect(Object.keys(golden)).toEqual(Object.keys(pinned)))
  for (const [name, hex] of Object.entries(golden)) it(`${name} is what it was`, () => expect(hex).toBe(pinned[name]))

  it('are canonical RLP to another implementation', () => {
    for (const [name, hex] of Object.entries(golden)) {
      if (/^(preimage|packed) /.test(name)) continue
      const bytes = /^(direct|request|snapshot) /.test(name) ? fromHex(hex).subarray(1) : fromHex(hex)
      expect(toHex(RLP.encode(RLP.decode(bytes)))).toBe(toHex(bytes))
    }
  })
})

describe('what is signed', () => {
  it('is tag, genesis hash, epoch, view and the rest, by another implementation', () => {
    const { genesisHash } = committee
    const blockHash = namedHash('block')
    const number = (value: number) => `0x${value.toString(16).padStart(2, '0')}` as const
    const preimage = (tag: string, ...rest: readonly `0x${string}`[]) =>
      concat([stringToHex(tag), toRlp([genesisHash, number(1), number(3), ...rest])])
    const possession = concat([stringToHex('tertia/pop/1'), toRlp([genesisHash, bytesToHex(newKey), newOwner])])
    expect(goldenBytes()).toMatchObject({
      'preimage vote': preimage('tertia/vote/1', blockHash, number(2)),
      'preimage commit': preimage('tertia/commit/1', blockHash),
      'preimage timeout': preimage('tertia/timeout/1', number(2)),
      'preimage proposal': preimage('tertia/prop/1', blockHash),
      'preimage possession': possession,
    })
    expect(bytesToHex(possessionDigest(genesisHash, newKey, newOwner))).toBe(keccak256(possession))
    const statement = { kind: 'vote', epoch: 1, view: 3, blockHash, justifyView: 2 } as const
    expect(bytesToHex(statementDigest(genesisHash, statement))).toBe(
      keccak256(preimage('tertia/vote/1', blockHash, number(2))),
    )
    expect(vote.signature).toHaveLength(64)
  })

  it('differs between any two statements', () => {
    const statements = [1, 2].flatMap((epoch) =>
      [1, 2, 127, 128, 256].flatMap((view) => [
        { kind: 'timeout', epoch, view, highQcView: 0 } as const,
        { kind: 'timeout', epoch, view, highQcView: 1 } as const,
        ...['a', 'b'].flatMap((name) => [
          { kind: 'commit', epoch, view, blockHash: namedHash(name) } as const,
          { kind: 'proposal', epoch, view, blockHash: namedHash(name) } as const,
          { kind: 'vote', epoch, view, blockHash: namedHash(name), justifyView: 0 } as const,
          { kind: 'vote', epoch, view, blockHash: namedHash(name), justifyView: 1 } as const,
        ]),
      ]),
    )
    const digests = [namedHash('chain'), namedHash('other chain')].flatMap((genesis) =>
      statements.map((statement) => toHex(statementDigest(genesis, statement))),
    )
    expect(new Set(digests).size).toBe(digests.length)
  })
})

describe('a header', () => {
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.London })

  it('has the hash that an Ethereum client computes for it', () => {
    for (const { header, hash } of [happy, afterTimeout]) {
      const [item, ommersHash, ...others] = headerItem(header) as Uint8Array[]
      const [coinbase, stateRoot, transactionsTrie, receiptTrie, logsBloom, difficulty] = others
      const [number, gasLimit, gasUsed, timestamp, extraData, mixHash, nonce, baseFeePerGas] = others.slice(6)
      const foreign = createBlockHeader(
        {
          ...{ parentHash: item, uncleHash: ommersHash, coinbase: toHex(coinbase as Uint8Array) },
          ...{ stateRoot, transactionsTrie, receiptTrie, logsBloom, difficulty, number, gasLimit, gasUsed },
          ...{ timestamp, extraData, mixHash, nonce, baseFeePerGas },
        } as Parameters<typeof createBlockHeader>[0],
        { common, skipConsensusFormatValidation: true },
      )
      expect(toHex(foreign.hash())).toBe(hash)
      expect(Number(foreign.timestamp)).toBe(timestampOf(header))
    }
  })

  it('binds each of its fields into its hash', () => {
    const { header } = happy
    const other = namedHash('other')
    const changes = [
      { parentHash: other },
      { stateRoot: other },
      { transactionsRoot: other },
      { receiptsRoot: other },
      { height: 9 },
      { gasLimit: 1 },
      { gasUsed: 1 },
      { baseFeePerGas: 1n },
      { miner: committee.set.at(0)?.address ?? header.miner },
      { logsBloom: new Uint8Array(256).fill(1) },
      ...[
        { epoch: 2 },
        { view: 4 },
        { justifyView: 1 },
        { justifyDigest: other },
        { tcDigest: other },
        { validatorsHash: other },
        { nextValidatorsHash: other },
        { end: true },
        { suffix: true },
        { timeMs: header.consensus.timeMs + 1 },
      ].map((change) => ({ consensus: { ...header.consensus, ...change } })),
    ]
    const hashes = changes.map((change) => hashHeader({ ...header, ...change }))
    expect(new Set([happy.hash, ...hashes]).size).toBe(changes.length + 1)
  })

  it('is read only with the constants that it must have', () => {
    const item = headerItem(happy.header) as Uint8Array[]
    expect(readHeader(item)).toEqual(happy.header)
    for (const index of [1, 7, 11, 13, 14]) {
      const changed = item.map((field, at) => (at === index ? Uint8Array.of(...field.slice(0, -1), 7) : field))
      expect(() => readHeader(changed), `field ${index}`).toThrow()
    }
  })
})

describe('certificates', () => {
  it('are bound by their exact bytes, as another implementation hashes them', () => {
    expect(qcDigest(justify)).toBe(keccak256(hexToBytes(pinned.QC)))
    expect(tcDigest(tc)).toBe(keccak256(hexToBytes(pinned.TC)))
    expect(readQc(decodeRlp(fromHex(pinned.QC)))).toEqual(justify)
    expect(readTc(decodeRlp(fromHex(pinned.TC)))).toEqual(tc)
  })
})

describe('evidence', () => {
  it('of each kind comes back as it was written', () => {
    for (const one of evidence) expect(decodeEvidence(encodeEvidence(one))).toEqual({ ok: true, value: one })
  })

  it('has one form: no other bytes are read as the same', () => {
    for (const one of evidence) {
      const bytes = encodeEvidence(one)
      const [kind, first, second] = decodeRlp(bytes) as [Uint8Array, RlpItem, RlpItem]
      const forms = [
        encodeRlp([kind, first, second, new Uint8Array(0)]),
        encodeRlp([kind, first]),
        encodeRlp([Uint8Array.of(0), first, second]),
        encodeRlp([Uint8Array.of(9), first, second]),
        encodeRlp([Uint8Array.of(0, ...kind), first, second]),
        Uint8Array.of(...bytes, 0),
        bytes.slice(0, -1),
        new Uint8Array(EVIDENCE_BYTES_MAX + 1),
      ]
      for (const form of forms) expect(decodeEvidence(form).ok).toBe(false)
    }
  })

  it('of the longest headers fits into its bound', () => {
    const header = {
      ...happy.header,
      ...{ height: Number.MAX_SAFE_INTEGER, gasLimit: Number.MAX_SAFE_INTEGER, gasUsed: Number.MAX_SAFE_INTEGER },
      baseFeePerGas: 2n ** 256n - 1n,
    }
    const signed = { header, signature: vote.signature }
    const bytes = encodeEvidence({ kind: 'doubleProposal', first: signed, second: signed })
    expect(decodeEvidence(bytes).ok).toBe(true)
    expect(bytes.length).toBeLessThan(EVIDENCE_BYTES_MAX)
  })
})

describe('a safety record', () => {
  it('comes back as it was written', () => {
    for (const one of [record, freshSafetyRecord(1, committee.root)])
      expect(decodeSafetyRecord(encodeSafetyRecord(one))).toEqual(one)
  })

  it('of an unknown schema is refused, and so is one cut short', () => {
    const bytes = encodeSafetyRecord(record)
    const [, ...fields] = decodeRlp(bytes) as Uint8Array[]
    expect(() => decodeSafetyRecord(encodeRlp([Uint8Array.of(2), ...fields]))).toThrow('unknown schema')
    for (let length = 0; length < bytes.length; length += 7)
      expect(() => decodeSafetyRecord(bytes.slice(0, length))).toThrow()
  })
})
