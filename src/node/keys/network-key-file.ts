/** The file of the key that names a node on the network: libp2p's protobuf form, as it is. */
import { err, ok, type Result } from '../../base/result.ts'
import { createNetworkKey, peerIdOfKey } from '../../network/libp2p/network-key.ts'
import type { PeerId } from '../../network/port.ts'
import { type Refusal, refusal } from '../exit-codes.ts'
import { readSecretFile, writeSecretFile } from './key-file.ts'

export async function createNetworkKeyFile(path: string): Promise<Result<PeerId, Refusal>> {
  const key = await createNetworkKey()
  const written = writeSecretFile(path, key)
  return written.ok ? ok(peerIdOfKey(key)) : written
}

/** The protobuf bytes, checked to be a key. */
export function readNetworkKey(path: string): Result<Uint8Array, Refusal> {
  const content = readSecretFile(path)
  if (!content.ok) return content
  try {
    peerIdOfKey(content.value)
    return ok(content.value)
  } catch {
    return err(refusal(`${path} is damaged, or no network key: put back a copy of it; others know this node by it`))
  }
}
