/**
 * Calls the validators module for what it is not meant: false and repeated evidence, proposals against
 * the honest, the same vote again and again, votes on everything, readiness with a wrong state, and more
 * calls than are free. To others it is as honest as can be.
 */
import { signTransaction } from '../../crypto/transaction-codec.ts'
import { decodeDirect } from '../../network/messages.ts'
import type { Vote } from '../../types/certificate.ts'
import { encodeEvidence } from '../../types/evidence.ts'
import { decodeGovernanceCall, encodeGovernanceCall, GOVERNANCE_ADDRESS } from '../governance-calls.ts'
import { type Liar, liarOf, type Strategy } from '../strategy.ts'
import { accusations, certificatesIn, votesIn } from './frame.ts'

const PAUSE_MS = 400
const BURST = 12
const HEARD_MAX = 32
const PROPOSALS = 4
const BLOCKS_BACK = 16
const CALL_GAS = 2_000_000

export const abuseGovernance: Strategy = (world, node) => {
  const liar = liarOf(world, node)
  const heard: Vote[] = []
  const abuse = (): void => {
    // Whoever makes work for ever keeps all others awake.
    if (world.isCalm) return
    if (node.isUp) send(liar, callsOf(liar, heard))
    world.scheduler.after(Math.ceil(liar.random.exponential(PAUSE_MS) * 1000), abuse)
  }
  world.scheduler.after(0, abuse)
  return {
    rewrite(to, bytes) {
      const message = decodeDirect(bytes)
      const qc = message.ok ? certificatesIn(message.value).qc : null
      if (qc !== null) heard.push(...votesIn(qc).filter(({ signer }) => signer !== liar.self))
      heard.splice(0, heard.length - HEARD_MAX)
      return [{ to, message: bytes }]
    },
  }
}

function callsOf(liar: Liar, heard: readonly Vote[]): readonly Uint8Array[] {
  const { random, validators } = liar
  const proposal = 1 + random.below(PROPOSALS)
  const vote = encodeGovernanceCall({ kind: 'vote', proposal, approve: true })
  switch (random.below(6)) {
    case 0: {
      const subject = validators.at(random.below(validators.n))?.address
      return subject === undefined ? [] : [encodeGovernanceCall({ kind: 'proposeRemove', subject })]
    }
    case 1:
      return [vote, vote]
    case 2:
      return Array.from({ length: BURST }, () => encodeGovernanceCall({ kind: 'vote', proposal, approve: false }))
    case 3:
      return evidenceOnChain(liar)
    case 4:
      return readyWithWrongState(liar)
    default: {
      const about = random.pick(heard)
      const evidence = about === undefined ? undefined : random.pick(accusations(liar, about, heard, []))
      if (evidence === undefined) return []
      return [encodeGovernanceCall({ kind: 'submitEvidence', evidence: encodeEvidence(evidence) })]
    }
  }
}

/** What somebody else has submitted, and was accepted perhaps. */
function evidenceOnChain({ node }: Liar): readonly Uint8Array[] {
  const store = node.chain?.store
  const { height } = store?.tip.header ?? { height: 0 }
  for (let at = height; at > Math.max(0, height - BLOCKS_BACK); at--) {
    const found = store?.finalBlock(at)?.transactions.find(({ to, data }) => {
      return to === GOVERNANCE_ADDRESS && decodeGovernanceCall(data)?.kind === 'submitEvidence'
    })
    if (found !== undefined) return [found.data]
  }
  return []
}

function readyWithWrongState({ node }: Liar): readonly Uint8Array[] {
  const tip = node.chain?.store.tip
  if (tip === undefined) return []
  return [encodeGovernanceCall({ kind: 'ready', height: tip.header.height, stateRoot: tip.hash })]
}

/** To everybody, as a client would. */
function send({ world, node }: Liar, calls: readonly Uint8Array[]): void {
  const identity = world.genesis.identities[node.validator]
  const { replica } = node
  if (identity === undefined || replica === null) return
  const first = replica.finalState.account(identity.address).nonce
  const nonce = replica.pool.pendingNonce(identity.address, first)
  for (const [index, data] of calls.entries()) {
    const envelope = signTransaction(
      {
        ...{ type: 2, chainId: world.genesis.genesis.chainId, nonce: nonce + index, gasLimit: CALL_GAS },
        ...{ to: GOVERNANCE_ADDRESS, value: 0n, data, accessList: [], maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
      },
      identity.signer,
    )
    for (const other of world.nodes) other.submit(envelope, () => undefined)
  }
}
