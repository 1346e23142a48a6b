import { expect, it, onTestFinished } from 'vitest'
import { DEFAULT_LIMITS } from '../../../src/rpc/limits.ts'
import { type Subscription, SubscriptionHub } from '../../../src/rpc/subscriptions.ts'
import { WorkQueue } from '../../../src/rpc/work-queue.ts'
import { FakeNode } from './fake-node.ts'

const QUEUED_MAX = 2

function listening() {
  const node = new FakeNode()
  const work = new WorkQueue(QUEUED_MAX)
  const hub = new SubscriptionHub(node, work, DEFAULT_LIMITS)
  onTestFinished(() => hub.stop())
  const listener = (subscription: Subscription) => {
    const seen = { texts: 0, overloads: 0 }
    const recipient = { send: () => (seen.texts += 1), overload: () => (seen.overloads += 1) }
    return { seen, id: hub.sessionOf(recipient).subscribe(subscription), session: hub.sessionOf(recipient) }
  }
  return { node, work, listener }
}

it('a client pays for nothing that it does not listen to, however many blocks come at once', async () => {
  const { node, work, listener } = listening()
  const views = listener({ kind: 'views' })
  const pending = listener({ kind: 'newPendingTransactions', full: false })
  const former = listener({ kind: 'newHeads' })
  former.session.unsubscribe(former.id)
  for (let block = 0; block <= QUEUED_MAX; block++) node.seal([])
  await work.run(() => undefined)
  for (const { seen } of [views, pending, former]) expect(seen).toEqual({ texts: 0, overloads: 0 })
})

it('a client that listens to more than the server can tell it is let go', async () => {
  const { node, listener } = listening()
  const heads = listener({ kind: 'newHeads' })
  for (let block = 0; block <= QUEUED_MAX; block++) node.seal([])
  await expect.poll(() => heads.seen).toEqual({ texts: QUEUED_MAX, overloads: 1 })
})
