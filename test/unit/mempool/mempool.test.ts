import { describe, expect, it } from 'vitest'
import type { Hash } from '../../../src/types/ids.ts'
import { added, addressOf, type PoolTransaction, sample, TestPool } from './pool-samples.ts'

const GAS = 21_000n
const hashes = (transactions: readonly PoolTransaction[]): Hash[] => transactions.map(({ hash }) => hash)

describe('admission', () => {
  it('answers a transaction that it holds as known, which is no error', () => {
    const pool = new TestPool()
    const transaction = sample({})
    expect(pool.add(transaction)).toBe('added')
    expect(pool.add(transaction)).toBe('known')
    expect(pool.pool.size).toBe(1)
  })

  it('refuses nonces below the account and beyond the gap in the words that clients look for', () => {
    const pool = new TestPool()
    pool.accounts.account(addressOf(1)).nonce = 5
    expect(pool.add(sample({ nonce: 4 }))).toBe('nonce too low')
    expect(pool.add(sample({ nonce: 5 + 65 }))).toBe('nonce too high')
    expect(pool.add(sample({ nonce: 5 + 64 }))).toBe('added')
  })

  it('refuses a cap below the base fee', () => {
    const pool = new TestPool()
    expect(pool.add(sample({ tip: 1n, cap: 9n }))).toBe('max fee per gas less than block base fee')
    expect(pool.add(sample({ tip: 1n, cap: 10n }))).toBe('added')
  })

  it('asks for funds for all of a sender together, at their caps', () => {
    const pool = new TestPool()
    const each = GAS * 20n + 5n
    pool.accounts.account(addressOf(1)).balance = 2n * each
    expect(pool.add(sample({ nonce: 0, cap: 20n, value: 5n }))).toBe('added')
    expect(pool.add(sample({ nonce: 9, cap: 20n, value: 5n }))).toBe('added')
    expect(pool.add(sample({ nonce: 2, cap: 10n }))).toBe('insufficient funds for gas * price + value')
    expect(pool.add(sample({ sender: 2, nonce: 1, cap: 10n }))).toBe('added')
  })

  it('lets what waits behind a gap keep out nothing that can be executed', () => {
    const pool = new TestPool()
    const each = GAS * 20n
    pool.accounts.account(addressOf(1)).balance = 2n * each - 1n
    const queued = sample({ nonce: 1, cap: 20n })
    expect(pool.add(queued)).toBe('added')
    expect(pool.add(sample({ nonce: 0, cap: 20n }))).toBe('added')
    expect(pool.pool.has(queued.hash)).toBe(false)
    expect(pool.pool.stats()).toMatchObject({ pending: 1, queued: 0 })
    expect(pool.executable.map(({ nonce }) => nonce)).toEqual([0])
  })

  it('counts a replacement instead of what it replaces', () => {
    const pool = new TestPool()
    pool.accounts.account(addressOf(1)).balance = GAS * 30n
    expect(pool.add(sample({ tip: 10n, cap: 20n }))).toBe('added')
    expect(pool.add(sample({ tip: 20n, cap: 31n }))).toBe('insufficient funds for gas * price + value')
    expect(pool.add(sample({ tip: 20n, cap: 30n }))).toBe('replaced')
    pool.accounts.account(addressOf(1)).balance = GAS * 60n
    expect(pool.add(sample({ nonce: 1, tip: 20n, cap: 30n }))).toBe('added')
    expect(pool.pool.size).toBe(2)
  })

  it('judges anew what it has refused before', () => {
    const pool = new TestPool()
    const transaction = sample({ value: 10n ** 24n })
    expect(pool.add(transaction)).toMatch('insufficient funds')
    pool.accounts.account(addressOf(1)).balance = 10n ** 25n
    expect(pool.add(transaction)).toBe('added')
  })
})

describe('replacement', () => {
  it.each([
    [{ tip: 100n, cap: 200n }, { tip: 110n, cap: 219n }, 'replacement transaction underpriced'],
    [{ tip: 100n, cap: 200n }, { tip: 109n, cap: 220n }, 'replacement transaction underpriced'],
    [{ tip: 100n, cap: 200n }, { tip: 110n, cap: 220n }, 'replaced'],
    [{ tip: 11n, cap: 15n }, { tip: 12n, cap: 17n }, 'replacement transaction underpriced'],
    [{ tip: 11n, cap: 15n }, { tip: 13n, cap: 17n }, 'replaced'],
    [{ tip: 1n, cap: 11n }, { tip: 1n, cap: 20n }, 'replacement transaction underpriced'],
  ])('of %o by %o: %s', (old, fresh, outcome) => {
    const pool = new TestPool()
    const first = sample(old)
    pool.add(first)
    expect(pool.add(sample(fresh))).toBe(outcome)
    expect(pool.pool.has(first.hash)).toBe(outcome !== 'replaced')
    expect(pool.pool.size).toBe(1)
  })

  it('on a network without fees needs any higher tip', () => {
    const pool = new TestPool()
    pool.baseFee = 0n
    expect(pool.add(sample({ tip: 0n, cap: 0n }))).toBe('added')
    expect(pool.add(sample({ tip: 0n, cap: 0n, value: 1n }))).toBe('replacement transaction underpriced')
    expect(pool.add(sample({ tip: 1n, cap: 1n }))).toBe('replaced')
  })

  it('keeps what comes after it executable', () => {
    const pool = new TestPool()
    added(pool, [{ nonce: 0 }, { nonce: 1 }, { nonce: 2 }])
    expect(pool.add(sample({ nonce: 1, tip: 50n, cap: 70n }))).toBe('replaced')
    expect(pool.candidates().map(({ nonce }) => nonce)).toEqual([0, 1, 2])
    expect(pool.pool.stats()).toEqual({ pending: 3, queued: 0, bytes: 330 })
  })
})

describe('nonces', () => {
  it('takes a batch in any order and announces each transaction once it can execute', () => {
    const pool = new TestPool()
    added(pool, [{ nonce: 2 }, { nonce: 1 }, { nonce: 4 }])
    expect(pool.pool.stats()).toMatchObject({ pending: 0, queued: 3 })
    expect(pool.executable).toEqual([])
    added(pool, [{ nonce: 0 }])
    expect(pool.pool.stats()).toMatchObject({ pending: 3, queued: 1 })
    expect(pool.executable.map(({ nonce }) => nonce)).toEqual([0, 1, 2])
  })

  it('counts the pending nonce to the first gap', () => {
    const pool = new TestPool()
    added(pool, [{ nonce: 0 }, { nonce: 1 }, { nonce: 3 }])
    expect(pool.pool.pendingNonce(addressOf(1), 0)).toBe(2)
    expect(pool.pool.pendingNonce(addressOf(2), 7)).toBe(7)
  })

  it('forgets what became final or stale, and promotes what a foreign transaction made room for', () => {
    const pool = new TestPool()
    const [, , third] = added(pool, [{ nonce: 0 }, { nonce: 1 }, { nonce: 3 }])
    pool.executable.length = 0
    pool.commit(1, 3)
    expect(hashes(pool.pool.all())).toEqual(hashes([third as PoolTransaction]))
    expect(hashes(pool.executable)).toEqual(hashes([third as PoolTransaction]))
    expect(pool.pool.stats()).toMatchObject({ pending: 1, queued: 0 })
    pool.commit(1, 4)
    expect(pool.pool.stats()).toEqual({ pending: 0, queued: 0, bytes: 0 })
  })

  it('drops from the tail what the account can no longer pay after a commit', () => {
    const pool = new TestPool()
    added(pool, [
      { nonce: 0, cap: 20n },
      { nonce: 1, cap: 20n },
      { nonce: 2, cap: 20n },
    ])
    pool.commit(1, 1, GAS * 39n)
    expect(pool.candidates().map(({ nonce }) => nonce)).toEqual([1])
  })
})

describe('limits', () => {
  it('holds 64 transactions of a remote sender, 16 of them behind a gap; local ones only keep to the window', () => {
    const pool = new TestPool()
    added(
      pool,
      Array.from({ length: 64 }, (_, nonce) => ({ nonce })),
    )
    expect(pool.add(sample({ nonce: 64 }))).toBe('nonce too high')
    expect(pool.add(sample({ nonce: 64 }), 'local')).toBe('added')
    added(
      pool,
      Array.from({ length: 16 }, (_, index) => ({ sender: 2, nonce: 1 + index })),
    )
    expect(pool.add(sample({ sender: 2, nonce: 17 }))).toBe('nonce too high')
    expect(pool.add(sample({ sender: 2, nonce: 17 }), 'local')).toBe('added')
  })

  it("gives the place of a sender's last transaction to an earlier one", () => {
    const pool = new TestPool({ senderQueuedMax: 2, senderTransactionsMax: 3 })
    const [, last] = added(pool, [{ nonce: 3 }, { nonce: 5 }])
    added(pool, [{ nonce: 4 }])
    expect(pool.pool.has((last as PoolTransaction).hash)).toBe(false)
    added(pool, [{ nonce: 0 }, { nonce: 1 }])
    expect(pool.pool.all().map(({ nonce }) => nonce)).toEqual([3, 0, 1])
  })

  it('evicts the lowest price at the end of a chain, and nothing for a lower or an equal one', () => {
    const pool = new TestPool({ transactionsMax: 3 })
    const [, cheap] = added(pool, [
      { sender: 1, tip: 5n },
      { sender: 2, tip: 3n },
      { sender: 3, tip: 4n },
    ])
    expect(pool.add(sample({ sender: 4, tip: 3n }))).toBe('txpool is full')
    expect(pool.add(sample({ sender: 4, tip: 4n }))).toBe('added')
    expect(pool.pool.has((cheap as PoolTransaction).hash)).toBe(false)
    expect(pool.pool.size).toBe(3)
  })

  it('finds the last of a sender whose later ones it dropped for lack of funds', () => {
    const pool = new TestPool({ transactionsMax: 1 })
    added(pool, [{ nonce: 5, cap: 30n }])
    pool.accounts.account(addressOf(1)).balance = GAS * 20n
    added(pool, [{ nonce: 3, cap: 20n }, { sender: 2 }])
    expect(pool.pool.all().map(({ sender }) => sender)).toEqual([addressOf(2)])
  })

  it('never opens a gap before a newcomer by evicting its own predecessor', () => {
    const pool = new TestPool({ transactionsMax: 2 })
    added(pool, [
      { sender: 1, nonce: 0, tip: 1n },
      { sender: 2, nonce: 0, tip: 2n },
    ])
    expect(pool.add(sample({ sender: 1, nonce: 1, tip: 3n }))).toBe('added')
    expect(pool.candidates().map(({ sender, nonce }) => [sender, nonce])).toEqual([
      [addressOf(1), 0],
      [addressOf(1), 1],
    ])
  })

  it('evicts for bytes all that is needed or nothing', () => {
    const pool = new TestPool({ bytesMax: 1_000 })
    const small = added(pool, [
      { sender: 1, tip: 1n, sizeBytes: 300 },
      { sender: 2, tip: 2n, sizeBytes: 300 },
      { sender: 3, tip: 9n, sizeBytes: 300 },
    ])
    for (const sizeBytes of [701, 800])
      expect(pool.add(sample({ sender: 4, tip: 5n, sizeBytes }))).toBe('txpool is full')
    expect(new Set(hashes(pool.pool.all()))).toEqual(new Set(hashes(small)))
    expect(pool.candidates()).toHaveLength(3)
    expect(pool.add(sample({ sender: 4, tip: 5n, sizeBytes: 700 }))).toBe('added')
    expect(pool.pool.stats()).toEqual({ pending: 2, queued: 0, bytes: 1_000 })
  })

  it('evicts no more than a bounded number of others for one newcomer', () => {
    const pool = new TestPool({ bytesMax: 1_000, evictionsMax: 2 })
    added(
      pool,
      Array.from({ length: 10 }, (_, sender) => ({ sender, sizeBytes: 100 })),
    )
    expect(pool.add(sample({ sender: 20, tip: 9n, sizeBytes: 300 }))).toBe('txpool is full')
    expect(pool.add(sample({ sender: 20, tip: 9n, sizeBytes: 200 }))).toBe('added')
  })

  it('keeps every executable transaction through a flood of future nonces, and makes room for more', () => {
    const pool = new TestPool({ transactionsMax: 500 })
    const honest = added(
      pool,
      Array.from({ length: 100 }, (_, sender) => ({ sender, tip: 1n })),
    )
    for (let index = 0; index < 100_000; index++) {
      pool.add(sample({ sender: 1_000 + (index % 7_000), nonce: 1 + Math.floor(index / 7_000), tip: 1_000n }))
    }
    expect(pool.pool.size).toBe(500)
    const late = added(
      pool,
      Array.from({ length: 400 }, (_, sender) => ({ sender: 200 + sender, tip: 0n })),
    )
    expect(new Set(hashes(pool.candidates()))).toEqual(new Set(hashes([...honest, ...late])))
    expect(pool.pool.stats()).toMatchObject({ pending: 500, queued: 0 })
  })
})

describe('candidates', () => {
  it('go by price across senders and by nonce within one, then by arrival', () => {
    const pool = new TestPool()
    added(pool, [
      { sender: 1, nonce: 0, tip: 1n },
      { sender: 1, nonce: 1, tip: 50n },
      { sender: 2, nonce: 0, tip: 20n, cap: 12n },
      { sender: 3, nonce: 0, tip: 2n },
      { sender: 4, nonce: 0, tip: 1n, cap: 1_000n },
    ])
    expect(pool.candidates().map(({ sender, nonce }) => [Number(sender), nonce])).toEqual([
      [2, 0],
      [3, 0],
      [1, 0],
      [1, 1],
      [4, 0],
    ])
  })

  it('go on behind what uncommitted ancestors hold, at the price of what comes next', () => {
    const pool = new TestPool()
    const [included, next] = added(pool, [
      { sender: 1, nonce: 0, tip: 1n },
      { sender: 1, nonce: 1, tip: 50n },
      { sender: 2, nonce: 0, tip: 20n },
    ]) as [PoolTransaction, PoolTransaction]
    const nonceOf = (sender: string) => (sender === addressOf(1) ? 1 : 0)
    const listed = pool.candidates(new Set([included.hash]), nonceOf)
    expect(listed.map(({ sender }) => Number(sender))).toEqual([1, 2])
    expect(listed[0]?.hash).toBe(next.hash)
  })

  it('go on behind ancestors whose transactions were replaced in the pool since', () => {
    const pool = new TestPool()
    const old = sample({ nonce: 0 })
    pool.add(old)
    added(pool, [{ nonce: 1 }])
    expect(pool.add(sample({ nonce: 0, tip: 90n, cap: 200n }))).toBe('replaced')
    expect(pool.candidates(new Set([old.hash]), () => 1).map(({ nonce }) => nonce)).toEqual([1])
  })

  it('are asked for again after every change of the pool and for every other set of ancestors', () => {
    const testPool = new TestPool()
    const { pool, accounts, baseFee } = testPool
    const parent = testPool.parent()
    expect(pool.hasCandidate(parent)).toBe(false)
    const transaction = sample({})
    pool.add(transaction, 'remote', accounts, baseFee, 0)
    expect(pool.hasCandidate(parent)).toBe(true)
    expect(pool.hasCandidate({ ...parent, excluded: new Set([transaction.hash]), nonceOf: () => 1 })).toBe(false)
    expect(pool.hasCandidate(parent)).toBe(true)
    pool.discard(transaction.hash)
    expect(pool.hasCandidate(parent)).toBe(false)
  })

  it('are none once the parent has refused what waits, and some again for another parent', () => {
    const testPool = new TestPool()
    const { pool, accounts, baseFee } = testPool
    const refused = new Set<Hash>()
    const parent = testPool.parent({ refused })
    const transaction = sample({})
    pool.add(transaction, 'remote', accounts, baseFee, 0)
    expect(pool.hasCandidate(parent)).toBe(true)
    refused.add(transaction.hash)
    expect(pool.hasCandidate(parent)).toBe(false)
    expect(pool.hasCandidate({ ...parent, refused: new Set() })).toBe(true)
  })

  it('are none when all are in ancestors', () => {
    const pool = new TestPool()
    const all = added(pool, [{ nonce: 0 }, { nonce: 1 }, { sender: 2 }])
    const nonceOf = (sender: string) => (sender === addressOf(1) ? 2 : 1)
    expect(pool.candidates(new Set(hashes(all)), nonceOf)).toEqual([])
  })

  it('leave out a sender after one of its transactions failed', () => {
    const pool = new TestPool()
    added(pool, [{ nonce: 0, tip: 9n }, { nonce: 1 }, { sender: 2 }, { sender: 2, nonce: 1 }])
    const candidates = pool.pool.candidates(pool.parent({ nonceOf: () => 0 }))
    const first = candidates.next()
    expect(first.value?.sender).toBe(addressOf(1))
    candidates.skip(addressOf(1))
    expect([...candidates].map(({ sender }) => Number(sender))).toEqual([2, 2])
  })

  it('leave out caps below the base fee, and come back when it falls', () => {
    const pool = new TestPool()
    added(pool, [
      { nonce: 0, cap: 15n },
      { nonce: 1, cap: 40n },
      { sender: 2, tip: 1n, cap: 30n },
    ])
    pool.baseFee = 20n
    pool.pool.onCommitted([], pool.accounts, pool.baseFee)
    expect(pool.candidates().map(({ sender }) => Number(sender))).toEqual([2])
    pool.baseFee = 10n
    pool.pool.onCommitted([], pool.accounts, pool.baseFee)
    expect(pool.candidates()).toHaveLength(3)
  })

  it('leave out what no block has room for since governance has lowered its gas, for whoever waits for such a block waits in vain', () => {
    const pool = new TestPool()
    added(pool, [{ gasLimit: 10_000_000 }, { nonce: 1 }, { sender: 2 }])
    pool.gasLimit = 3_000_000
    expect(pool.candidates().map(({ sender }) => sender)).toEqual([addressOf(2)])
    pool.commit(2, 1)
    expect(pool.candidates()).toEqual([])
    pool.gasLimit = 10_000_000
    expect(pool.candidates().map(({ nonce }) => nonce)).toEqual([0, 1])
  })

  it('stay right while the pool changes under them', () => {
    const pool = new TestPool()
    added(pool, [
      { sender: 1, tip: 9n },
      { sender: 2, tip: 8n },
      { sender: 3, tip: 7n },
    ])
    const candidates = pool.pool.candidates(pool.parent({ nonceOf: () => 0 }))
    candidates.next()
    pool.commit(2, 1)
    const replacement = sample({ sender: 3, tip: 70n, cap: 100n })
    pool.add(replacement)
    expect(hashes([...candidates])).toEqual([replacement.hash])
  })
})

describe('calls that are free', () => {
  it('need neither funds nor fee, come first, and replace anything', () => {
    const pool = new TestPool({}, ({ value }) => value === 77n)
    pool.accounts.account(addressOf(1)).balance = 10n ** 6n
    added(pool, [{ sender: 2, tip: 1_000n }])
    expect(pool.add(sample({ tip: 5n, cap: 20n }))).toBe('added')
    const free = sample({ tip: 0n, cap: 0n, value: 77n })
    expect(pool.add(free)).toBe('replaced')
    expect(pool.candidates()[0]?.hash).toBe(free.hash)
  })

  it('leave with the block from which they are free no more, with what its sender has after them: no leader takes them', () => {
    let isMember = true
    const pool = new TestPool({}, ({ value }) => isMember && value === 77n)
    const [other] = added(pool, [{ sender: 2 }])
    added(pool, [
      { tip: 0n, cap: 0n, value: 77n },
      { nonce: 1, tip: 0n, cap: 0n, value: 77n },
    ])
    pool.commit(3, 1)
    expect(pool.candidates()).toHaveLength(3)
    isMember = false
    pool.commit(3, 2)
    expect(hashes(pool.candidates())).toEqual([other?.hash])
    expect(pool.pool.size).toBe(1)
  })
})

describe('local transactions', () => {
  it('are named until they are final, to be sent again and kept across a restart', () => {
    const pool = new TestPool()
    const early = sample({ nonce: 0 })
    const late = sample({ nonce: 1 })
    pool.add(early, 'local', 100)
    pool.add(late, 'local', 200)
    added(pool, [{ sender: 2 }])
    expect(hashes(pool.pool.localPending())).toEqual(hashes([early, late]))
    expect(hashes(pool.pool.localPending(200))).toEqual([early.hash])
    expect(pool.pool.localTransactions()).toEqual([early.envelope, late.envelope])
    pool.commit(1, 1)
    expect(hashes(pool.pool.localPending())).toEqual([late.hash])
  })

  it('are also those that came over the network first', () => {
    const pool = new TestPool()
    const transaction = sample({})
    pool.add(transaction, 'remote')
    pool.add(transaction, 'local')
    expect(hashes(pool.pool.localPending())).toEqual([transaction.hash])
  })
})

describe('discard', () => {
  it('takes out a transaction and what its sender has behind it', () => {
    const pool = new TestPool()
    const [, second] = added(pool, [{ nonce: 0 }, { nonce: 1 }, { nonce: 2 }, { nonce: 4 }])
    pool.pool.discard((second as PoolTransaction).hash)
    expect(pool.pool.all().map(({ nonce }) => nonce)).toEqual([0])
    expect(pool.pool.stats()).toEqual({ pending: 1, queued: 0, bytes: 110 })
    expect(pool.pool.pendingNonce(addressOf(1), 0)).toBe(1)
  })
})
