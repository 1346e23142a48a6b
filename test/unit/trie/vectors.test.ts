import { getGenesis } from '@ethereumjs/genesis'
import { describe, expect, test } from 'vitest'
import { bigIntToBytes, fromHex, toHex, utf8 } from '../../../src/base/bytes.ts'
import { encodeRlp } from '../../../src/codec/rlp.ts'
import { keccak256 } from '../../../src/crypto/keccak.ts'
import { EMPTY_ROOT, Trie } from '../../../src/trie/trie.ts'

type Text = string | null
interface Vector {
  readonly name: string
  readonly root: string
  readonly changes: readonly (readonly [string, Text])[]
}

/** ethereum/tests, TrieTests/trietest.json and trieanyorder.json. */
const vectors: readonly Vector[] = [
  {
    name: 'emptyValues',
    root: '0x5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84',
    changes: [
      ['do', 'verb'],
      ['ether', 'wookiedoo'],
      ['horse', 'stallion'],
      ['shaman', 'horse'],
      ['doge', 'coin'],
      ['ether', null],
      ['dog', 'puppy'],
      ['shaman', null],
    ],
  },
  {
    name: 'branchingTests deletes everything',
    root: '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
    changes: [
      ['abc', '123'],
      ['abcd', 'abcd'],
      ['abc', null],
      ['abcd', null],
    ],
  },
  {
    name: 'insert-middle-leaf',
    root: '0xcb65032e2f76c48b82b5c24b3db8f670ce73982869d38cd39a624f23d62a9e89',
    changes: [
      ['key1aa', '0123456789012345678901234567890123456789xxx'],
      ['key1', '0123456789012345678901234567890123456789Very_Long'],
      ['key2bb', 'aval3'],
      ['key2', 'short'],
      ['key3cc', 'aval3'],
      ['key3', '1234567890123456789012345678901'],
    ],
  },
  {
    name: 'branch-value-update',
    root: '0x7a320748f780ad9ad5b0837302075ce0eeba6c26e3d8562c67ccc0f1b273298a',
    changes: [
      ['abc', '123'],
      ['abcd', 'abcd'],
      ['abc', 'abc'],
    ],
  },
  {
    name: 'singleItem',
    root: '0xd23786fb4a010da3ce639d66d5e904a11dbc02746d1ce25029e53290cabf28ab',
    changes: [['A', 'a'.repeat(50)]],
  },
  {
    name: 'dogs',
    root: '0x8aad789dff2f538bca5d8ea56e8abe10f4c7ba3a5dea95fea4cd6e7c3a1168d3',
    changes: [
      ['doe', 'reindeer'],
      ['dog', 'puppy'],
      ['dogglesworth', 'cat'],
    ],
  },
  {
    name: 'puppy',
    root: '0x5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84',
    changes: [
      ['do', 'verb'],
      ['horse', 'stallion'],
      ['doge', 'coin'],
      ['dog', 'puppy'],
    ],
  },
  {
    name: 'foo',
    root: '0x17beaa1648bafa633cda809c90c04af50fc8aed3cb40d16efbddee6fdf63c4c3',
    changes: [
      ['foo', 'bar'],
      ['food', 'bass'],
    ],
  },
  {
    name: 'smallValues',
    root: '0x3f67c7a47520f79faa29255d2d3c084a7a6df0453116ed7232ff10277a8be68b',
    changes: [
      ['be', 'e'],
      ['dog', 'puppy'],
      ['bed', 'd'],
    ],
  },
  {
    name: 'testy',
    root: '0x8452568af70d8d140f58d941338542f645fcca50094b20f3c3d8c3df49337928',
    changes: [
      ['test', 'test'],
      ['te', 'testy'],
    ],
  },
]

/** ethereum/tests, trieanyorder_secureTrie.json: keys are hashed first. */
const secureVectors: readonly Vector[] = [
  {
    name: 'dogs',
    root: '0xd4cd937e4a4368d7931a9cf51686b7e10abb3dce38a39000fd7902a092b64585',
    changes: [
      ['doe', 'reindeer'],
      ['dog', 'puppy'],
      ['dogglesworth', 'cat'],
    ],
  },
  {
    name: 'puppy',
    root: '0x29b235a58c3c25ab83010c327d5932bcf05324b7d6b1185e650798034783ca9d',
    changes: [
      ['do', 'verb'],
      ['horse', 'stallion'],
      ['doge', 'coin'],
      ['dog', 'puppy'],
    ],
  },
  {
    name: 'foo',
    root: '0x1385f23a33021025d9e87cca5c66c00de06178807b96a9acc92b7d651ccde842',
    changes: [
      ['foo', 'bar'],
      ['food', 'bass'],
    ],
  },
  {
    name: 'smallValues',
    root: '0x826a4f9f9054a3e980e54b20da992c24fa20467f1ca635115ef4917be66e746f',
    changes: [
      ['be', 'e'],
      ['dog', 'puppy'],
      ['bed', 'd'],
    ],
  },
]

const changed = (trie: Trie, [key, value]: readonly [string, Text], hash: boolean) => {
  const bytes = hash ? keccak256(utf8(key)) : utf8(key)
  return value === null ? trie.delete(bytes) : trie.set(bytes, utf8(value))
}

describe('published roots', () => {
  test.each(vectors)('ethereum/tests $name', ({ root, changes }) => {
    expect(toHex(changes.reduce((trie, change) => changed(trie, change, false), Trie.empty()).root())).toBe(root)
  })

  test.each(secureVectors)('ethereum/tests $name, secure', ({ root, changes }) => {
    expect(toHex(changes.reduce((trie, change) => changed(trie, change, true), Trie.empty()).root())).toBe(root)
  })

  test('the genesis state of mainnet, in any order', () => {
    const codeHash = keccak256(new Uint8Array(0))
    const accounts = Object.entries({ ...getGenesis(1) }).map(([address, state]) => {
      const balance = bigIntToBytes(BigInt(typeof state === 'string' ? state : state[0]))
      return [keccak256(fromHex(address)), encodeRlp([new Uint8Array(0), balance, EMPTY_ROOT, codeHash])] as const
    })
    const oneByOne = accounts.toReversed().reduce((trie, [key, value]) => trie.set(key, value), Trie.empty())
    const root = '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544'
    expect(toHex(Trie.empty().update(accounts).root())).toBe(root)
    expect(toHex(oneByOne.root())).toBe(root)
  })
})
