import { beforeEach, describe, expect, it } from 'vitest'
import { rejection } from '../../../src/base/rejection.ts'
import { err, ok } from '../../../src/base/result.ts'
import { hashHeader } from '../../../src/crypto/digests.ts'
import { Announcements } from '../../../src/replica/announcements.ts'
import type { CommitCertificate } from '../../../src/types/certificate.ts'
import type { FinalBlock } from '../../../src/types/final-block.ts'
import type { CertificateValidator } from '../../../src/validation/certificate.ts'
import type { EpochValidators } from '../../../src/validation/epoch-validators.ts'
import { FinalityValidator } from '../../../src/validation/finality.ts'
import { commitCertificate, happy } from '../types/protocol-samples.ts'

const EVERY_MS = 250

/** One node: what it published, and a clock that is moved by hand. */
class Announcer {
  readonly published: Uint8Array[] = []
  readonly #timers = new Map<() => void, number>()
  #nowMs = 0
  certificateHolds = true
  certificatesChecked = 0
  readonly announcements: Announcements

  constructor(isProposer = true) {
    this.announcements = new Announcements(isProposer ? happy.header.miner : null, 0, {
      publish: (data) => this.published.push(data),
      nowMs: () => this.#nowMs,
      schedule: (atMs, callback) => {
        this.#timers.set(callback, atMs)
        return () => this.#timers.delete(callback)
      },
      validators: {
        finality: new FinalityValidator({
          commitCertificate: (certificate: CommitCertificate) => {
            this.certificatesChecked += 1
            return this.certificateHolds ? ok(certificate) : err(rejection('badCertificate', 'bad'))
          },
        } as unknown as CertificateValidator),
      } as unknown as EpochValidators,
    })
  }

  finalise(height: number): void {
    const header = { ...happy.header, height }
    const hash = hashHeader(header)
    const final: FinalBlock = {
      block: { ...happy, header, hash },
      transactions: [],
      receipts: [],
      finality: { certificate: { ...commitCertificate, blockHash: hash }, suffix: [] },
    }
    this.announcements.onFinal(final)
  }

  pass(ms: number): void {
    this.#nowMs += ms
    for (const [callback, atMs] of this.#timers) if (atMs <= this.#nowMs && this.#timers.delete(callback)) callback()
  }
}

describe('announcements of final blocks', () => {
  let node: Announcer
  let other: Announcer

  beforeEach(() => {
    node = new Announcer()
    other = new Announcer()
  })

  const announced = (height: number): Uint8Array => {
    const proposer = new Announcer()
    proposer.finalise(height)
    proposer.pass(EVERY_MS)
    return proposer.published[0] as Uint8Array
  }
  const heights = (from: Announcer) => from.published.map((data) => other.announcements.judge(data))

  it('name the newest of the blocks that became final meanwhile, once', () => {
    node.finalise(1)
    node.pass(EVERY_MS - 1)
    node.finalise(2)
    expect(node.published).toHaveLength(0)
    node.pass(1)
    node.pass(10 * EVERY_MS)
    expect(heights(node)).toEqual([ok(2)])
  })

  it('are left to another proposer that has announced the same height or a later one', () => {
    for (const heard of [2, 3]) {
      node.finalise(2)
      node.announcements.judge(announced(heard))
      node.pass(EVERY_MS)
      expect(node.published).toHaveLength(0)
    }
    node.finalise(4)
    node.pass(EVERY_MS)
    expect(heights(node)).toEqual([ok(4)])
  })

  it('are not kept back by an earlier height, or by one without a valid certificate', () => {
    node.finalise(2)
    node.announcements.judge(announced(1))
    node.certificateHolds = false
    expect(node.announcements.judge(announced(3)).ok).toBe(false)
    node.pass(EVERY_MS)
    expect(heights(node)).toEqual([ok(2)])
  })

  it('are neither checked nor passed on when they are no news, without blame: anybody can repeat those of the past', () => {
    expect(node.announcements.judge(announced(3))).toEqual(ok(3))
    for (const height of [1, 2, 3])
      expect(node.announcements.judge(announced(height))).toMatchObject({ ok: false, error: { verdict: 'ignore' } })
    expect(node.certificatesChecked).toBe(1)
    node.finalise(5)
    node.pass(EVERY_MS)
    expect(node.announcements.judge(announced(4)).ok).toBe(false)
    expect(node.certificatesChecked).toBe(1)
  })

  it('come from the proposer of a block only', () => {
    const observer = new Announcer(false)
    observer.finalise(1)
    observer.pass(EVERY_MS)
    expect(observer.published).toHaveLength(0)
  })
})
