import { describe, expect, it } from 'vitest'
import type { PeerId } from '../../../../src/network/port.ts'
import { whyUnreached } from '../../../../src/node/keys/key-standing.ts'
import type { EpochContext } from '../../../../src/replica/epoch-context.ts'

const OWN = 'own' as PeerId
const BEFORE = 'before' as PeerId

function node(peers: readonly (PeerId | null)[], self: number | null) {
  const records = peers.map((_, index) => ({ name: `v${index}` }))
  const epoch = { validators: { n: peers.length }, records, peers, self: self === null ? null : { index: self } }
  return { epoch: epoch as unknown as EpochContext }
}

describe('a validator that the others know by another peer id', () => {
  it('is told so, with both and what to do', () => {
    const because = whyUnreached(node([null, BEFORE], 1), OWN)
    expect(because).toMatch('knows v1 on the network as before, and p2p.keyPath makes this node own')
    expect(because).toMatch('put back the network.key')
    expect(whyUnreached(node([null, BEFORE], 0), OWN)).toMatch('as nobody')
  })

  it('is the only one that is told anything', () => {
    expect(whyUnreached(node([BEFORE, OWN], 1), OWN)).toBeNull()
    expect(whyUnreached(node([BEFORE, BEFORE], null), OWN)).toBeNull()
    expect(whyUnreached(node([BEFORE], 0), OWN)).toBeNull()
  })
})
