/**
 * What a recovery backend has to answer before it is trusted with a block: good signatures of
 * both parities and the hostile ones on which implementations are known to differ. One replica
 * that answers differently is a fork, so a backend that fails is refused at start.
 */
import { fromHex, toHex } from '../base/bytes.ts'
import type { Recoverer } from './secp256k1.ts'

interface Case {
  readonly what: string
  readonly digest: string
  readonly r: string
  readonly s: string
  readonly yParity: 0 | 1
  /** The key to be recovered, if any. */
  readonly key: string | undefined
}

const KEY = '0x03842a61a13a23b8fe25cf4c5abb55e95b7e2cd3fbf646a62c3a0fdedad1db3702'
const OTHER_KEY = '0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'

const DIGEST = '0xbc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a'
const R = '0x909ce78ffdf4a1ff6d0498775cc600257dd47bda717edf0e7f8f591caf0e07b4'
const S = '0x5c4c2f8c4bf628451b007807aa6fa31aabeb7c846734b632532fd3d014cb1f13'
const ONE = `0x${'00'.repeat(31)}01`
const ZERO = `0x${'00'.repeat(32)}`
const ORDER = '0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'
const GENERATOR_X = '0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'

const CASES: readonly Case[] = [
  { what: 'an even nonce point', digest: DIGEST, r: R, s: S, yParity: 0, key: KEY },
  {
    what: 'an odd nonce point',
    digest: '0x5fe7f977e71dba2ea1a68e21057beebb9be2ac30c6410aa38d4f3fbe41dcffd2',
    r: '0x03e80aa5793e1b4c216859abcd834ed7c4591590ac3d3702ef29f062e44e61f8',
    s: '0x40f4271e2167c5edc57786846412acc3700cc595b2d4e37b25f442b271cd6241',
    yParity: 1,
    key: KEY,
  },
  {
    what: 'a digest above the order',
    digest: `0x${'ff'.repeat(32)}`,
    r: '0x7505df43349cf35fc82d59fce1cabe9d9e1fec468cf254ada289874f20ef0196',
    s: '0x449e504bb6af39af6ff092e93a30d88da8563833c7dcb5ffb40dffd515da0e80',
    yParity: 0,
    key: KEY,
  },
  {
    what: 'a digest of zero',
    digest: ZERO,
    r: '0x7785911b7829e94c2aa25620c22c1bc61bf4b628bcd8b79b093da280e83bec2d',
    s: '0x70b0bf80404848c3633262902e4ab5ff9be4f45c437cb3e2d156bb033ebbf49e',
    yParity: 1,
    key: KEY,
  },
  {
    what: 'a high s',
    digest: DIGEST,
    r: R,
    s: '0xa3b3d073b409d7bae4ff87f855905ce40ec36062195dea096ca28abcbb6b222e',
    yParity: 1,
    key: undefined,
  },
  { what: 'r of zero', digest: DIGEST, r: ZERO, s: S, yParity: 0, key: undefined },
  { what: 's of zero', digest: DIGEST, r: R, s: ZERO, yParity: 0, key: undefined },
  { what: 'r of the order', digest: DIGEST, r: ORDER, s: S, yParity: 0, key: undefined },
  {
    what: 'an r that is no x of the curve',
    digest: DIGEST,
    r: `0x${'00'.repeat(31)}05`,
    s: ONE,
    yParity: 0,
    key: undefined,
  },
  { what: 'a key at infinity', digest: ONE, r: GENERATOR_X, s: ONE, yParity: 0, key: undefined },
]

/** What the backend got wrong, or undefined when it may be used. */
export function selfTest(recoverer: Recoverer): string | undefined {
  for (const { what, digest: digestHex, r, s, yParity, key } of CASES) {
    const digest = fromHex(digestHex)
    const signature = fromHex(`${r}${s.slice(2)}`)
    const recovered = recoverer.recover(digest, signature, yParity)
    if ((recovered && toHex(recovered)) !== key) return `recovers the wrong key from ${what}`
    if (recoverer.verify(digest, signature, fromHex(KEY)) !== (key === KEY)) return `verifies ${what} wrongly`
    if (recoverer.verify(digest, signature, fromHex(OTHER_KEY))) return `verifies ${what} for another key`
  }
  return undefined
}
