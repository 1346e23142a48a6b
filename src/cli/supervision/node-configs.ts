/** The configuration files of a devnet's processes, written anew at each start: only the network itself is kept. */
import { fileURLToPath } from 'node:url'
import { LOOPBACK } from '../../node/config.ts'
import { readPublicKey } from '../../node/keys/key-file.ts'
import { unwrap } from '../failure.ts'
import { replaceJson } from '../replace-file.ts'
import type { DevnetLayout } from './layout.ts'
import type { ReplicaPlan } from './replica-process.ts'
import type { DevnetSettings } from './settings.ts'

const PROGRAM = fileURLToPath(new URL('../../devnet/main.js', import.meta.url))
/** Megabytes. Five processes share a laptop; a replica needs far less. */
const HEAP_MAX = 1_024

/** Pages of any local server, and wallets in the browser, may ask. */
const ORIGINS_ALLOWED = [
  ...['http://localhost:*', 'https://localhost:*', 'http://127.0.0.1:*', 'https://127.0.0.1:*'],
  ...['chrome-extension://*', 'moz-extension://*'],
]

export function planReplicas(layout: DevnetLayout, settings: DevnetSettings, rpcPort: number): readonly ReplicaPlan[] {
  return Array.from({ length: settings.validators + settings.observers }, (_, index) => {
    const role = index < settings.validators ? 'validator' : 'observer'
    replaceJson(layout.config(index), {
      dataDir: '.',
      genesisPath: '../genesis.json',
      rpc: { host: LOOPBACK, port: rpcPort + index, originsAllowed: ORIGINS_ALLOWED, hostsAllowed: [] },
      p2p: { listen: [`/ip4/${LOOPBACK}/tcp/${settings.p2pPort + index}`], keyPath: 'keys/network.key' },
      // An observer is a candidate: with its key it says that it is ready, and votes once it has a place.
      consensusKeyPath: 'keys/consensus.json',
    })
    return {
      role,
      index,
      address: unwrap(readPublicKey(layout.consensusKey(index))).address,
      rpcUrl: `http://${LOOPBACK}:${rpcPort + index}`,
      dataDir: layout.node(index),
      command: [...[process.execPath, `--max-old-space-size=${HEAP_MAX}`], ...[PROGRAM, layout.config(index)]],
    } as const
  })
}
