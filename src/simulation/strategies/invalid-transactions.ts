/** Puts into its blocks what is final already, what nobody can pay for, or nothing at all as a transaction. */
import { EMPTY_BYTES } from '../../base/bytes.ts'
import { decodeTransaction, signTransaction } from '../../crypto/transaction-codec.ts'
import type { SignedTransaction } from '../../types/transaction.ts'
import { forgeProposal, resealed } from '../forge-block.ts'
import { type Liar, messageStrategy } from '../strategy.ts'

const MUCH = 10n ** 30n

export const invalidTransactions = messageStrategy((liar) => (message) => {
  if (message.kind !== 'proposal') return [message]
  const { block } = message.proposal
  const { header, justify, tc } = block
  const { view } = header.consensus
  if (view % 3 === 0) {
    // No root names such a body: a trie has no empty value.
    const transactions = [...block.transactions, EMPTY_BYTES]
    return [{ kind: 'proposal', proposal: resealed(liar, { ...block, transactions }, { view, justify, tc }) }]
  }
  if (header.parentHash !== liar.node.chain?.store.tip.hash) return [message]
  const transaction = view % 2 === 0 ? replayed(liar) : overspending(liar)
  if (transaction === undefined) return [message]
  const proposal = forgeProposal(liar, { view, justify, tc, transactions: [transaction] })
  return [proposal === undefined ? message : { kind: 'proposal', proposal }]
})

function replayed({ node }: Liar): SignedTransaction | undefined {
  const store = node.chain?.store
  const { height } = store?.tip.header ?? { height: 0 }
  for (let at = height; at > Math.max(0, height - 8); at--) {
    const transaction = store?.finalBlock(at)?.transactions[0]
    if (transaction !== undefined) return transaction
  }
  return undefined
}

function overspending({ world, node }: Liar): SignedTransaction | undefined {
  const identity = world.genesis.identities[node.validator]
  const to = world.genesis.clients[0]?.address
  if (identity === undefined || to === undefined) return undefined
  const envelope = signTransaction(
    {
      type: 2,
      chainId: world.genesis.genesis.chainId,
      nonce: node.replica?.finalState.account(identity.address).nonce ?? 0,
      gasLimit: 21_000,
      to,
      value: MUCH,
      data: EMPTY_BYTES,
      accessList: [],
      maxFeePerGas: 2n * 10n ** 9n,
      maxPriorityFeePerGas: 0n,
    },
    identity.signer,
  )
  const decoded = decodeTransaction(envelope)
  return decoded.ok ? { ...decoded.value, to, sender: identity.address } : undefined
}
