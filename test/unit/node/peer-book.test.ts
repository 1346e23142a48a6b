import { describe, expect, it } from 'vitest'
import type { KnownPeer, PeerId } from '../../../src/network/port.ts'
import { PeerBook } from '../../../src/node/peer-book.ts'

const peer = (name: string, validator = true, port = 1): KnownPeer => ({
  peerId: name as PeerId,
  addresses: [`/ip4/127.0.0.1/tcp/${port}/p2p/${name}`],
  validator,
})

function bookOf(configured: readonly KnownPeer[], members: readonly KnownPeer[]) {
  let known: readonly KnownPeer[] = []
  const book = new PeerBook({ setKnownPeers: (peers) => (known = peers) }, configured, members)
  return {
    book,
    names: () => known.map(({ peerId }) => String(peerId)).toSorted((a, b) => a.localeCompare(b)),
    of: (name: string) => known.find((each) => each.peerId === name),
  }
}

describe('whom a node keeps connections to', () => {
  it('holds who leaves for one more epoch, and then no longer', () => {
    const { book, names } = bookOf([], [peer('a'), peer('b')])
    book.enterEpoch([peer('b'), peer('c')])
    expect(names()).toEqual(['a', 'b', 'c'])
    book.enterEpoch([peer('b'), peer('c')])
    expect(names()).toEqual(['b', 'c'])
  })

  it('holds the peers of the configuration through every change, a member among them as a member', () => {
    const { book, names, of } = bookOf([peer('a', false), peer('x', false)], [peer('a'), peer('b')])
    book.enterEpoch([peer('b')])
    book.enterEpoch([peer('b')])
    expect(names()).toEqual(['a', 'b', 'x'])
    expect(of('a')?.validator).toBe(false)
  })

  it('takes a candidate in within an epoch, and as a validator with its own', () => {
    const { book, of } = bookOf([], [peer('a')])
    book.update([peer('a'), peer('c', false)])
    expect(of('c')?.validator).toBe(false)
    book.enterEpoch([peer('a'), peer('c')])
    expect(of('c')?.validator).toBe(true)
  })

  it('follows a new address within an epoch, and keeps who is leaving', () => {
    const { book, names, of } = bookOf([], [peer('a'), peer('b')])
    book.enterEpoch([peer('b')])
    book.update([peer('b', true, 2)])
    expect(names()).toEqual(['a', 'b'])
    expect(of('b')?.addresses).toEqual(['/ip4/127.0.0.1/tcp/2/p2p/b'])
  })

  it('dials a member where its operator says, too: what the state says of it may be old', () => {
    const here = peer('a', false, 7)
    const { book, of } = bookOf([here], [peer('a')])
    expect(book.all).toEqual([{ ...peer('a'), addresses: [...here.addresses, ...peer('a').addresses] }])
    book.enterEpoch([peer('a'), peer('b')])
    expect(of('a')).toEqual({ ...peer('a'), addresses: [...here.addresses, ...peer('a').addresses] })
  })

  it('dials a member where an operator adds it while the node runs, until that is taken back', () => {
    const id = '12D3KooWDWjkMAmFowtWwoiQcE6tjvQHyitun1vu6QF3ao56i5hx'
    const { book, of } = bookOf([], [peer(id)])
    const [elsewhere] = peer(id, false, 7).addresses
    expect(book.add(elsewhere ?? '').ok).toBe(true)
    expect(of(id)).toEqual({ ...peer(id), addresses: [elsewhere, ...peer(id).addresses] })
    expect(book.remove(id as PeerId)).toBe(true)
    expect(of(id)).toEqual(peer(id))
  })

  it('keeps the address of a member, and its standing, when another names its peer id', () => {
    const own = peer('a', true, 1)
    const stolen = peer('a', false, 2)
    for (const members of [
      [own, stolen],
      [stolen, own],
    ]) {
      const { book, of } = bookOf([], [peer('b')])
      book.update(members)
      expect(of('a')?.addresses).toEqual(expect.arrayContaining([...own.addresses]))
      expect(of('a')?.validator).toBe(true)
    }
  })
})
