/**
 * A process of a devnet: `tertia start --config FILE --with-parent` that can be hurt and made to lie.
 * The command line has no way to here (scripts/lint/layers.js): the devnet starts this file by its path.
 */
import '../network/libp2p/node20-compat.ts'
import { CliFailure, fail, unwrap } from '../cli/failure.ts'
import { processIo } from '../cli/io.ts'
import { runNode } from '../cli/run-node.ts'
import { startNode } from '../cli/start-node.ts'
import { statementDigest } from '../crypto/digests.ts'
import { createSigner } from '../crypto/secp256k1.ts'
import { type NodeConfig, readConfig } from '../node/config.ts'
import { EXIT } from '../node/exit-codes.ts'
import { publicKeyOf, unlockConsensusKey } from '../node/keys/key-file.ts'
import type { Hash } from '../types/ids.ts'
import { Equivocator } from './equivocator.ts'
import { FaultyNetwork } from './faulty-network.ts'
import { devnetMethods, type Hurtable } from './methods.ts'

async function run(path: string | undefined): Promise<void> {
  if (path === undefined) fail('the devnet names a configuration', EXIT.usage)
  const config = unwrap(readConfig(path))
  let hurtable: Hurtable | undefined
  const open: Parameters<typeof runNode>[2] = (_, logger) =>
    startNode(config, logger, {
      adaptNetwork: (wire, genesisHash) => {
        const network = new FaultyNetwork(wire)
        const liar = liarOf(config, genesisHash)
        if (liar !== null) network.setRewrite((message) => liar.equivocator.rewrite(message))
        hurtable = { network, liar }
        return network
      },
      methods: devnetMethods(() => hurtable),
    })
  await runNode(config, { io: processIo, withParent: true }, open)
}

function liarOf(config: NodeConfig, genesisHash: Hash): Hurtable['liar'] {
  if (config.consensusKeyPath === null) return null
  const privateKey = unwrap(unlockConsensusKey(config.consensusKeyPath, config))
  const signer = createSigner(privateKey)
  const equivocator = new Equivocator((statement) => signer.sign(statementDigest(genesisHash, statement)).signature)
  return { equivocator, address: publicKeyOf(privateKey).address }
}

try {
  await run(process.argv[2])
  process.exit(EXIT.ok)
} catch (error) {
  if (!(error instanceof CliFailure)) throw error
  process.stderr.write(`tertia: ${error.message}\n`, () => process.exit(error.exitCode))
}
