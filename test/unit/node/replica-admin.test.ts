/** What the operator of a node may ask it for a snapshot. */
import { expect, it } from 'vitest'
import { EMPTY_BYTES } from '../../../src/base/bytes.ts'
import type { PeerId } from '../../../src/network/port.ts'
import { encodeRequest, type Request } from '../../../src/network/requests.ts'
import { ReplicaAdmin, type ReplicaAdminParts } from '../../../src/node/replica-admin.ts'

const OWN = 'the node itself' as PeerId
const KEY = new Uint8Array(32)
const PARTS: readonly Request[] = [
  { kind: 'snapshot' },
  { kind: 'setLinks', from: 1 },
  { kind: 'stateChunk', part: { owner: EMPTY_BYTES, root: KEY, from: KEY, until: KEY } },
  { kind: 'code', hash: KEY },
]
const OTHERS: readonly Request[] = [
  { kind: 'blocks', hash: `0x${'00'.repeat(32)}` as never, above: 0 },
  { kind: 'range', from: 1, count: 1 },
  { kind: 'certificates' },
  { kind: 'status' },
  { kind: 'stateNode', path: EMPTY_BYTES, hash: KEY },
]

function admin(replica: { readonly isStopped: boolean; readonly answer: () => Uint8Array | undefined }): ReplicaAdmin {
  return new ReplicaAdmin({ replica, network: { peerId: OWN }, nowMs: () => 0 } as unknown as ReplicaAdminParts)
}

const part = Uint8Array.of(7)
const running = admin({ isStopped: false, answer: () => part })

it.each(PARTS)('gives $kind, and null while it does not want to', (request) => {
  expect(running.snapshotPart(encodeRequest(request))).toEqual({ ok: true, value: part })
  const busy = admin({ isStopped: false, answer: () => undefined })
  expect(busy.snapshotPart(encodeRequest(request))).toEqual({ ok: true, value: null })
})

it.each(OTHERS)('refuses $kind, which is no part of a snapshot', (request) => {
  expect(running.snapshotPart(encodeRequest(request))).toMatchObject({ ok: false, error: { code: 'noSnapshotPart' } })
})

it('refuses when the replica has stopped, and says what to do: nobody waits for it', () => {
  const stopped = admin({ isStopped: true, answer: () => undefined })
  for (const request of PARTS) {
    const answer = stopped.snapshotPart(encodeRequest(request))
    expect(answer).toMatchObject({ ok: false, error: { code: 'stopped' } })
    expect(answer.ok ? '' : answer.error.message).toContain('export from its directory')
  }
})
