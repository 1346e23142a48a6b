/**
 * The pool against a model of its rules (docs/ledger.md, "The pool") that is written for reading: plain
 * arrays, everything computed anew. Limits are small, so that every one of them is met all the time.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Hash } from '../../src/types/ids.ts'
import { addressOf, type PoolTransaction, sample, TestPool } from '../unit/mempool/pool-samples.ts'

const LIMITS = {
  transactionsMax: 10,
  bytesMax: 1_200,
  nonceGapMax: 7,
  senderTransactionsMax: 5,
  senderQueuedMax: 2,
  evictionsMax: 3,
}
const SENDERS = 4
/** Marks what is free while its sender is a member. */
const CALL_VALUE = 7n

interface Held {
  readonly transaction: PoolTransaction
  /** It was when it came. */
  readonly free: boolean
  readonly arrival: number
}

class Model {
  held: Held[] = []
  readonly accounts = Array.from({ length: SENDERS }, () => ({ nonce: 0, balance: 10n ** 7n }))
  baseFee = 10n
  readonly members = new Set<number>([0])
  /** Senders whose balance changed without a transaction of theirs: judged when the next one comes. */
  readonly unsettled = new Set<number>()
  #arrivals = 0

  chain(sender: number): Held[] {
    return this.held
      .filter(({ transaction }) => transaction.sender === addressOf(sender))
      .sort((a, b) => a.transaction.nonce - b.transaction.nonce)
  }

  account(sender: number): { nonce: number; balance: bigint } {
    return this.accounts[sender] as { nonce: number; balance: bigint }
  }

  pendingNonce(sender: number): number {
    const nonces = this.chain(sender).map(({ transaction }) => transaction.nonce)
    let nonce = this.account(sender).nonce
    while (nonces.includes(nonce)) nonce += 1
    return nonce
  }

  isExecutable({ transaction }: Held): boolean {
    return transaction.nonce < this.pendingNonce(Number(transaction.sender))
  }

  isFree({ sender, value }: Pick<PoolTransaction, 'sender' | 'value'>): boolean {
    return value === CALL_VALUE && this.members.has(Number(sender))
  }

  price({ free, transaction: { maxFeePerGas, maxPriorityFeePerGas } }: Held): bigint {
    if (free) return 2n ** 256n
    const above = maxFeePerGas - this.baseFee
    return [above, maxPriorityFeePerGas].sort((a, b) => (a < b ? -1 : 1))[0] as bigint
  }

  better(a: Held, b: Held): boolean {
    return this.price(a) === this.price(b) ? a.arrival < b.arrival : this.price(a) > this.price(b)
  }

  cost(held: readonly Held[]): bigint {
    const paid = held.filter(({ free }) => !free)
    return paid.reduce((sum, { transaction }) => sum + 21_000n * transaction.maxFeePerGas + transaction.value, 0n)
  }

  settle(sender: number): void {
    this.unsettled.delete(sender)
    const account = this.account(sender)
    const fresh = this.chain(sender).filter(({ transaction }) => transaction.nonce >= account.nonce)
    while (this.cost(fresh) > account.balance) fresh.pop()
    this.held = this.held.filter((each) => Number(each.transaction.sender) !== sender || fresh.includes(each))
  }

  /** With each block: what is free no more leaves, and what its sender has after it. */
  dropUnfree(): void {
    for (const { transaction, free } of this.held) {
      if (!free || this.isFree(transaction)) continue
      const { sender, nonce } = transaction
      this.held = this.held.filter((each) => each.transaction.sender !== sender || each.transaction.nonce < nonce)
    }
  }

  add(transaction: PoolTransaction, origin: 'local' | 'remote'): string {
    if (this.held.some((each) => each.transaction.hash === transaction.hash)) return 'known'
    const sender = Number(transaction.sender)
    const { nonce, maxFeePerGas, maxPriorityFeePerGas } = transaction
    const account = this.account(sender)
    this.settle(sender)
    const chain = this.chain(sender)
    const old = chain.find((each) => each.transaction.nonce === nonce)
    this.#arrivals += 1
    const free = this.isFree(transaction)
    const fresh = { transaction, free, arrival: this.#arrivals }
    if (nonce < account.nonce) return 'nonce too low'
    if (nonce > account.nonce + LIMITS.nonceGapMax) return 'nonce too high'
    // What waits behind a gap gives way to what can be executed.
    const counted = nonce > this.pendingNonce(sender) ? chain : chain.filter((each) => this.isExecutable(each))
    const after = [...counted.filter((each) => each !== old), fresh]
    if (!free && this.cost(after) > account.balance) return 'insufficient funds for gas * price + value'
    if (!free && maxFeePerGas < this.baseFee) return 'max fee per gas less than block base fee'
    if (old !== undefined && !free) {
      const { transaction: before } = old
      const capRaised = Number(maxFeePerGas) >= Number(before.maxFeePerGas) * 1.1 - 1e-9
      const tipRaised = Number(maxPriorityFeePerGas) >= Number(before.maxPriorityFeePerGas) * 1.1 - 1e-9
      const higher = maxFeePerGas > before.maxFeePerGas && maxPriorityFeePerGas > before.maxPriorityFeePerGas
      if (!capRaised || !tipRaised || !higher) return 'replacement transaction underpriced'
    }
    return this.#place(fresh, chain, old, origin)
  }

  #place(fresh: Held, chain: readonly Held[], old: Held | undefined, origin: string): string {
    const { nonce, sender } = fresh.transaction
    const gap = this.pendingNonce(Number(sender))
    let displaced = old
    if (old === undefined && origin === 'remote') {
      const queued = chain.filter((each) => !this.isExecutable(each)).length
      const full = chain.length >= LIMITS.senderTransactionsMax || (nonce > gap && queued >= LIMITS.senderQueuedMax)
      if (full) {
        displaced = chain.at(-1)
        if (displaced === undefined || displaced.transaction.nonce < nonce) return 'nonce too high'
      }
    }
    let rest = this.held.filter((each) => each !== displaced)
    let evictions = 0
    const size = (held: readonly Held[]) => held.reduce((sum, each) => sum + each.transaction.envelope.length, 0)
    while (rest.length + 1 > LIMITS.transactionsMax || size([...rest, fresh]) > LIMITS.bytesMax) {
      const [victim] = [...Array(SENDERS).keys()]
        .filter((other) => addressOf(other) !== sender)
        .flatMap((other) =>
          this.chain(other)
            .filter((each) => rest.includes(each))
            .slice(-1),
        )
        .sort((a, b) => (this.#leavesBefore(a, this.isExecutable(a), b, this.isExecutable(b)) ? -1 : 1))
      if (victim === undefined || evictions === LIMITS.evictionsMax) return 'txpool is full'
      if (!this.#leavesBefore(victim, this.isExecutable(victim), fresh, nonce <= gap)) return 'txpool is full'
      rest = rest.filter((each) => each !== victim)
      evictions += 1
    }
    const victims = this.held.filter((each) => each !== displaced && !rest.includes(each))
    if (nonce > gap && victims.some((each) => this.isExecutable(each))) throw new Error('queued before executable')
    this.held = [...rest, fresh]
    this.settle(Number(sender))
    return old === undefined ? 'added' : 'replaced'
  }

  #leavesBefore(a: Held, aExecutable: boolean, b: Held, bExecutable: boolean): boolean {
    return aExecutable === bExecutable ? this.better(b, a) : bExecutable
  }

  candidates(excluded: ReadonlySet<Hash>, nonces: readonly number[]): Hash[] {
    const next = [...nonces]
    const listed: Hash[] = []
    for (;;) {
      const [best] = this.held
        .filter(({ transaction }) => transaction.nonce === next[Number(transaction.sender)])
        .filter(({ transaction }) => !excluded.has(transaction.hash))
        .filter(({ free, transaction }) => free || transaction.maxFeePerGas >= this.baseFee)
        .sort((a, b) => (this.better(a, b) ? -1 : 1))
      if (best === undefined) return listed
      listed.push(best.transaction.hash)
      next[Number(best.transaction.sender)] = best.transaction.nonce + 1
    }
  }
}

const operation = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      sender: fc.nat(SENDERS - 1),
      ahead: fc.integer({ min: -1, max: 8 }),
      tip: fc.bigInt(0n, 30n),
      above: fc.bigInt(0n, 25n),
      sizeBytes: fc.constantFrom(100, 110, 150, 300, 700),
      value: fc.constantFrom(0n, 1n, CALL_VALUE, 10n ** 6n),
      origin: fc.constantFrom('local' as const, 'remote' as const, 'remote' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      sender: fc.nat(SENDERS - 1),
      steps: fc.nat(3),
      balance: fc.bigInt(0n, 10n ** 7n),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('balance' as const),
      sender: fc.nat(SENDERS - 1),
      balance: fc.bigInt(0n, 10n ** 7n),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('baseFee' as const), baseFee: fc.bigInt(0n, 25n) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('again' as const), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('membership' as const),
      sender: fc.nat(SENDERS - 1),
      isMember: fc.boolean(),
    }),
  },
)

type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never

function perform(pool: TestPool, model: Model, step: Operation): void {
  switch (step.kind) {
    case 'add': {
      const { sender, tip, above, value, sizeBytes, origin } = step
      const nonce = Math.max(0, model.account(sender).nonce + step.ahead)
      const transaction = sample({ sender, nonce, tip, cap: tip + above, value, sizeBytes })
      expect(pool.add(transaction, origin)).toBe(model.add(transaction, origin))
      return
    }
    case 'commit': {
      const account = model.account(step.sender)
      account.nonce += step.steps
      account.balance = step.balance
      model.settle(step.sender)
      model.dropUnfree()
      pool.commit(step.sender, account.nonce, account.balance)
      return
    }
    case 'balance':
      model.account(step.sender).balance = step.balance
      model.unsettled.add(step.sender)
      pool.accounts.account(addressOf(step.sender)).balance = step.balance
      return
    case 'baseFee':
      model.baseFee = step.baseFee
      model.dropUnfree()
      pool.baseFee = step.baseFee
      pool.pool.onCommitted([], pool.accounts, step.baseFee)
      return
    case 'again': {
      const held = model.held[step.which % Math.max(1, model.held.length)]
      if (held !== undefined) expect(pool.add(held.transaction)).toBe('known')
      return
    }
    case 'membership':
      if (step.isMember) model.members.add(step.sender)
      else model.members.delete(step.sender)
  }
}

function compare(pool: TestPool, model: Model): void {
  const { held } = model
  const hashes = pool.pool.all().map(({ hash }) => hash)
  expect(new Set(hashes)).toEqual(new Set(held.map(({ transaction }) => transaction.hash)))
  expect(hashes).toHaveLength(held.length)
  const pending = held.filter((each) => model.isExecutable(each)).length
  const bytes = held.reduce((sum, { transaction }) => sum + transaction.envelope.length, 0)
  expect(pool.pool.stats()).toEqual({ pending, queued: held.length - pending, bytes })
  expect(held.length).toBeLessThanOrEqual(LIMITS.transactionsMax)
  expect(bytes).toBeLessThanOrEqual(LIMITS.bytesMax)
  for (let sender = 0; sender < SENDERS; sender++) {
    const { nonce, balance } = model.account(sender)
    expect(pool.pool.pendingNonce(addressOf(sender), nonce)).toBe(model.pendingNonce(sender))
    if (!model.unsettled.has(sender)) expect(model.cost(model.chain(sender)) <= balance).toBe(true)
  }
  compareCandidates(pool, model, new Set())
  // The first two of a block, as if an uncommitted ancestor held them.
  const included = pool.candidates().slice(0, 2)
  compareCandidates(pool, model, new Set(included.map(({ hash }) => hash)))
}

function compareCandidates(pool: TestPool, model: Model, excluded: ReadonlySet<Hash>): void {
  const nonces = model.accounts.map((account, sender) => {
    const ancestors = model.chain(sender).filter(({ transaction }) => excluded.has(transaction.hash))
    return account.nonce + ancestors.length
  })
  const listed = pool.candidates(excluded, (sender) => nonces[Number(sender)] as number)
  expect(listed.map(({ hash }) => hash)).toEqual(model.candidates(excluded, nonces))
}

describe('the pool', () => {
  it('does what the model of its rules does, step by step', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 120, size: 'max' }), (steps) => {
        const model = new Model()
        const pool = new TestPool(LIMITS, (transaction) => model.isFree(transaction))
        for (const [sender, { balance }] of model.accounts.entries()) {
          pool.accounts.account(addressOf(sender)).balance = balance
        }
        for (const step of steps) {
          perform(pool, model, step)
          compare(pool, model)
        }
      }),
      { numRuns: 150 },
    )
  })
})
