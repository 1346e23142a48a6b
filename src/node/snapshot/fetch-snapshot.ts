/** `tertia snapshot fetch`: a chain that begins with the newest snapshot that the peers of a network give. */
import type { Logger } from '../../base/logger.ts'
import { ok, type Result } from '../../base/result.ts'
import { systemWordsIn } from '../../ledger/system/state-records.ts'
import type { Network } from '../../network/port.ts'
import type { NodeConfig } from '../config.ts'
import type { Refusal } from '../exit-codes.ts'
import { openWire, startWire } from '../open-wire.ts'
import { memberPeers } from '../validator-peers.ts'
import { type BegunChain, beginChain } from './begin-chain.ts'
import { PeerSource } from './peer-source.ts'
import { type BeginningNetwork, proveManifest } from './prove-manifest.ts'
import { SnapshotPeers } from './snapshot-peers.ts'

const TIMES = { requestTimeoutMs: 5_000, restMs: 1_000, restMsMax: 30_000, patienceMs: 60_000 }
const CONNECT_MS = 30_000
const SETTLE_MS = 2_000
const LINKS_MS = 60_000

/** `onStep`: one line for a person for each thing that has been proven. */
export async function fetchSnapshot(
  config: NodeConfig,
  logger: Logger,
  onStep: (line: string) => void,
): Promise<Result<BegunChain, Refusal>> {
  const opened: Network[] = []
  const open = async (trusted: BeginningNetwork): Promise<Result<PeerSource, Refusal>> => {
    const { block, state } = trusted.block
    const wire = openWire(config, block.hash, memberPeers(systemWordsIn(state)), logger)
    if (!wire.ok) return wire
    const { network } = wire.value
    opened.push(network)
    const started = await startWire(network, {
      onDirect: () => undefined,
      onGossip: () => 'ignore',
      onRequest: () => undefined,
      onPeerUp: () => undefined,
      onPeerDown: () => undefined,
    })
    if (!started.ok) return started
    return ok(
      new PeerSource({
        peers: new SnapshotPeers(network, TIMES),
        prove: (manifest) => proveManifest(manifest, trusted),
        onStep,
        connectMs: CONNECT_MS,
        settleMs: SETTLE_MS,
        linksMs: LINKS_MS,
      }),
    )
  }
  try {
    return await beginChain(config, open, onStep)
  } finally {
    for (const network of opened) await network.stop()
  }
}
