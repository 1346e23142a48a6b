import { describe, expect, it } from 'vitest'
import { isPeerAddress } from '../../../src/ledger/member-fields.ts'
import { KnownPeers } from '../../../src/network/libp2p/known-peers.ts'
import type { PeerId } from '../../../src/network/port.ts'
import { configuredPeers, parsePeer } from '../../../src/node/validator-peers.ts'

const ID = '12D3KooWGdMoiToyB8HeSC1HE5Nru4mwLwzMhdWchAGyhbwqa5Qd'
const ADDRESS = `/ip4/127.0.0.1/tcp/30600/p2p/${ID}`
const SELF = '12D3KooWKphWvSSRpj4hCC6UFwMfiacj9vSDmPQaiXdpuiAkQiik' as PeerId

/** What the ledger takes from a member, and no node can dial. */
const UNREADABLE = ['/ip4/999.1.1.1/tcp/1', '/ip4/127.0.0.1/tcp/99999', '/frob/x', '/dns4//tcp/1', '/ip4/127.0.0.1/x']

describe('where a peer is to be dialled', () => {
  it('is read from a multiaddr that ends with its id', () => {
    expect(parsePeer(ADDRESS, true)).toEqual({ peerId: ID, addresses: [ADDRESS], validator: true })
  })

  it.each(UNREADABLE)('is nowhere for %s: a member that writes it stops nobody but itself', (place) => {
    const address = `${place}/p2p/${ID}`
    expect(isPeerAddress(address)).toBe(true)
    const peer = parsePeer(address, true)
    expect(() => new KnownPeers(peer === undefined ? [] : [peer]).targets(SELF)).not.toThrow()
    expect(peer).toBeUndefined()
  })

  it.each(UNREADABLE)('is refused at the start when the configuration has %s', (place) => {
    const configured = configuredPeers([ADDRESS, `${place}/p2p/${ID}`])
    expect(configured.ok || configured.error.message).toContain(`"${place}/p2p/${ID}" is no peer address`)
  })
})
