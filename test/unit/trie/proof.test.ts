import { createMerkleProof, createMPT, verifyMerkleProof } from '@ethereumjs/mpt'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/base/bytes.ts'
import { encodeRlp, type RlpItem } from '../../../src/codec/rlp.ts'
import { keccak256 } from '../../../src/crypto/keccak.ts'
import { verifyProof } from '../../../src/trie/proof.ts'
import { EMPTY_ROOT, Trie } from '../../../src/trie/trie.ts'
import { applied, histories, oracleOf, probes } from './oracle.ts'

describe('proofs', () => {
  test('are those of @ethereumjs/mpt, which accepts them; presence and absence verify here', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.array(probes, { minLength: 1, maxLength: 5 }), async (history, absent) => {
        const changes = history.flat()
        const content = applied(new Map(), changes)
        const trie = Trie.empty().update(changes)
        if (content.size === 0) return
        const oracle = await oracleOf(content)
        for (const key of [...absent, ...changes.slice(0, 5).map(([changed]) => changed)]) {
          const proof = trie.proof(key)
          const expected = content.get(toHex(key))
          expect(verifyProof(trie.root(), key, proof)).toEqual({ ok: true, value: expected })
          // The oracle repeats nodes that lie inside their parents; geth and EIP-1186 do not.
          const theirs = (await createMerkleProof(oracle, key)).filter((node, i) => i === 0 || node.length >= 32)
          expect(proof.map(toHex)).toEqual(theirs.map(toHex))
          expect((await verifyMerkleProof(key, proof, { root: trie.root() })) ?? undefined).toEqual(expected)
        }
      }),
      { numRuns: 150 },
    )
  })

  test('of the empty trie are empty', () => {
    expect(Trie.empty().proof(Uint8Array.of(1))).toEqual([])
    expect(verifyProof(EMPTY_ROOT, Uint8Array.of(1), [])).toEqual({ ok: true, value: undefined })
  })

  test('a proof with a changed bit, a node missing, doubled or added is refused', () => {
    fc.assert(
      fc.property(histories, probes, fc.nat(), fc.nat(7), (history, key, position, bit) => {
        const trie = Trie.empty().update(history.flat())
        const root = trie.root()
        const proof = trie.proof(key)
        expect(verifyProof(root, key, [...proof, Uint8Array.of(0x80)]).ok).toBe(false)
        if (proof.length === 0) return
        const at = position % proof.length
        const tampered = proof.map((node) => node.slice())
        const node = tampered[at] as Uint8Array
        const byte = position % node.length
        node[byte] = (node[byte] as number) ^ (1 << bit)
        expect(verifyProof(root, key, tampered).ok).toBe(false)
        expect(verifyProof(root, key, proof.toSpliced(at, 1)).ok).toBe(false)
        expect(verifyProof(root, key, proof.toSpliced(at, 0, proof[at] as Uint8Array)).ok).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('hostile bytes are refused and never throw, even under a root that names them', () => {
    const nasty = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc.nat(60).map((depth) => Uint8Array.from([...new Array<number>(depth).fill(0xc1), 0xc0])),
      fc.uint8Array({ minLength: 2, maxLength: 40 }).map((body) => Uint8Array.of(0xc0 + body.length, ...body)),
    )
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 6 }), fc.uint8Array({ maxLength: 40 }), (proof, key) => {
        expect(verifyProof(new Uint8Array(32), key, proof).ok).toBe(false)
        if (proof[0] !== undefined) verifyProof(keccak256(proof[0]), key, proof)
      }),
      { numRuns: 2000 },
    )
    expect(verifyProof(new Uint8Array(32), Uint8Array.of(1), [new Uint8Array(1 << 22)]).ok).toBe(false)
    expect(verifyProof(Uint8Array.of(1), Uint8Array.of(1), []).ok).toBe(false)
  })

  test('accepts what @ethereumjs/mpt proves', async () => {
    const oracle = await createMPT()
    for (let i = 0; i < 300; i++)
      await oracle.put(fromHex(`0x${i.toString(16).padStart(64, '0')}`), new Uint8Array(40).fill(i + 1))
    for (let i = 0; i < 400; i += 7) {
      const key = fromHex(`0x${i.toString(16).padStart(64, '0')}`)
      const proof = await createMerkleProof(oracle, key)
      const value = i < 300 ? new Uint8Array(40).fill(i + 1) : undefined
      expect(verifyProof(oracle.root(), key, proof)).toEqual({ ok: true, value })
    }
  })

  const hash = new Uint8Array(32).fill(7)
  const none = new Uint8Array(0)
  const leaf = (value: Uint8Array) => [Uint8Array.of(0x20), value]
  const branch = (child: RlpItem, value: RlpItem = none) => [child, ...Array<RlpItem>(15).fill(none), value]
  const malformed: [what: string, node: RlpItem][] = [
    ['an extension without a path', [Uint8Array.of(0x00), hash]],
    ['an extension that leads to a leaf', [Uint8Array.of(0x11), leaf(Uint8Array.of(1))]],
    ['a leaf without a value', leaf(none)],
    ['a path with an unknown flag', [Uint8Array.of(0x40, 0x11), hash]],
    ['an even path whose padding is not zero', [Uint8Array.of(0x21), Uint8Array.of(1)]],
    ['a child that is large and still not named by its hash', branch(leaf(new Uint8Array(32).fill(1)))],
    ['a child named by 31 bytes', branch(hash.subarray(1))],
    ['a list for its value', branch(hash, [])],
    ['three items', [none, none, none]],
  ]
  test.each(malformed)('through a node with %s are refused, whatever their root', (_, node) => {
    const encoding = encodeRlp(node)
    for (const byte of [0x00, 0x10, 0xff])
      expect(verifyProof(keccak256(encoding), Uint8Array.of(byte), [encoding])).toMatchObject({
        ok: false,
        error: { message: 'node 0 is malformed' },
      })
  })
})
