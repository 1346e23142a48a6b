/** For the operator of the node. These exist on its Unix socket only. */
import { toHex } from '../../base/bytes.ts'
import { SYSTEM_ADDRESS } from '../../ledger/system/system-account.ts'
import type { AdminApi } from '../../node/node-api.ts'
import { executionReverted, RpcError, rejectionError, SERVER_ERROR } from '../errors.ts'
import { defineMethod, type RpcContext, type RpcMethod } from '../method.ts'
import { asBytes, asHash, asText, required } from '../params.ts'

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
    defineMethod(
      'admin_validatorCall',
      [required('data', asBytes)],
      (context, data) => validatorCall(admin, context, data),
      'expensive',
    ),
    defineMethod('txpool_drop', [required('hash', asHash)], (_, hash) => admin.dropTransaction(hash)),
  ]
}

function asPeer(value: unknown, what: string): string {
  return asText(value, what).slice(0, PEER_LENGTH_MAX)
}

/** Tried on the head first: what the module refuses is answered here, and nothing is signed. */
async function validatorCall(admin: AdminApi, { node }: RpcContext, data: Uint8Array) {
  const { address: from } = admin.nodeInfo()
  if (from === null) throw new RpcError(SERVER_ERROR, 'this node signs nothing: it has no consensus key')
  const { height, gasLimit } = node.head().header
  const request = { from, to: SYSTEM_ADDRESS, value: 0n, data, accessList: [], gasLimit }
  const tried = node.call(height, request)
  if (!tried.ok) throw rejectionError(tried.error)
  if (tried.value.status === 'reverted') throw executionReverted(null, toHex(tried.value.data))
  const submitted = await admin.validatorCall(data)
  if (!submitted.ok) throw rejectionError(submitted.error)
  return submitted.value
}
