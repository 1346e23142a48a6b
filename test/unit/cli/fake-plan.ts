import { fileURLToPath } from 'node:url'
import type { ReplicaPlan } from '../../../src/cli/supervision/replica-process.ts'
import { ZERO_ADDRESS } from '../../../src/types/ids.ts'

const FAKE_REPLICA = fileURLToPath(new URL('./fake-replica.js', import.meta.url))

export function planOf(index: number, dataDir: string, behaviour = 'obedient'): ReplicaPlan {
  return {
    role: 'validator',
    index,
    address: ZERO_ADDRESS,
    rpcUrl: 'http://127.0.0.1:9',
    dataDir,
    command: [process.execPath, FAKE_REPLICA, dataDir, behaviour],
  }
}
