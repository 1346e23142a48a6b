/** For the operator of the node. These exist on its Unix socket only. */
import { toHex } from '../../base/bytes.ts'
import type { AdminApi } from '../../node/node-api.ts'
import { executionReverted, RpcError, rejectionError, SERVER_ERROR } from '../errors.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asBytes, asHash, asText, required } from '../params.ts'
import { revertedBy } from '../validators-module.ts'

const PEER_LENGTH_MAX = 512

export function adminMethods(admin: AdminApi): readonly RpcMethod[] {
  return [
    defineMethod('admin_nodeInfo', [], () => admin.nodeInfo()),
    defineMethod('admin_peers', [], () => admin.peers()),
    defineMethod('admin_addPeer', [required('multiaddr', asPeer)], (_, address) => {
      const added = admin.addPeer(address)
      if (!added.ok) throw rejectionError(added.error)
      return added.value
    }),
    defineMethod('admin_removePeer', [required('peerId', asPeer)], (_, peer) => {
      const removed = admin.removePeer(peer)
      if (!removed.ok) throw rejectionError(removed.error)
      return removed.value
    }),
    defineMethod('admin_nextKey', [], () => nextKey(admin), 'expensive'),
    defineMethod(
      'admin_validatorCall',
      [required('data', asBytes)],
      (context, data) => validatorCall(admin, context, data),
      'expensive',
    ),
    defineMethod('admin_snapshotPart', [required('request', asBytes)], (_, request) => {
      const part = admin.snapshotPart(request)
      if (!part.ok) throw rejectionError(part.error)
      return part.value === null ? null : toHex(part.value)
    }),
    defineMethod('txpool_drop', [required('hash', asHash)], (_, hash) => admin.dropTransaction(hash)),
  ]
}

function asPeer(value: unknown, what: string): string {
  return asText(value, what).slice(0, PEER_LENGTH_MAX)
}

async function nextKey(admin: AdminApi) {
  const next = await admin.nextKey()
  if (!next.ok) throw new RpcError(SERVER_ERROR, next.error.message)
  const { path, consensusKey, proof } = next.value
  return { path, consensusKey: toHex(consensusKey), proof: toHex(proof) }
}

/** Tried on the head first: what the module refuses is answered here, and nothing is signed. */
async function validatorCall(admin: AdminApi, { node }: RpcContext, data: Uint8Array) {
  const { address: from } = admin.nodeInfo()
  if (from === null) throw new RpcError(SERVER_ERROR, 'this node signs nothing: it has no consensus key')
  const refused = revertedBy(node, node.head().header.height, data, from)
  if (refused !== null) throw executionReverted(null, toHex(refused))
  const submitted = await admin.validatorCall(data)
  if (!submitted.ok) throw rejectionError(submitted.error)
  return submitted.value
}
