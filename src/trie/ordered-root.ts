/** The root of a list: `transactionsRoot` and `receiptsRoot` of a header (Yellow Paper 4.3). */
import { bigIntToBytes } from '../base/bytes.ts'
import { invariant } from '../base/invariant.ts'
import { encodeRlp } from '../codec/rlp.ts'
import { Trie } from './trie.ts'

/** Keys are rlp(index); no value is empty. */
export function orderedTrieRoot(values: readonly Uint8Array[]): Uint8Array {
  invariant(
    values.every((value) => value.length > 0),
    'an item of an ordered trie is not empty',
  )
  const entries = values.map((value, index) => [encodeRlp(bigIntToBytes(BigInt(index))), value] as const)
  return Trie.empty().update(entries).root()
}
