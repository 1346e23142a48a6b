/** Whose key a node holds, as the state has it, and why it signs nothing with it. */
import { addressOfPublicKey } from '../../crypto/secp256k1.ts'
import { systemWordsIn } from '../../ledger/system/state-records.ts'
import { readKeyOwner, readValidatorRecord, type ValidatorRecord } from '../../ledger/system/validator-records.ts'
import type { PeerId } from '../../network/port.ts'
import type { Replica } from '../../replica/replica.ts'

export interface KeyParts {
  readonly replica: Replica
  /** Of all keys that it has or had, 33 bytes each; none for a node that never signs. */
  readonly publicKeys: () => readonly Uint8Array[]
}

/** Also of a key that its owner has changed since. */
export function memberOfKey({ replica, publicKeys }: KeyParts): ValidatorRecord | undefined {
  const words = systemWordsIn(replica.finalState)
  for (const publicKey of publicKeys()) {
    const owner = readKeyOwner(words, addressOfPublicKey(publicKey))
    if (owner !== undefined) return readValidatorRecord(words, owner)
  }
  return undefined
}

/** For a person to read; null where all is as it should be. */
export function whySilent(parts: KeyParts): string | null {
  const member = memberOfKey(parts)
  if (member === undefined || parts.replica.epoch.self !== null) return null
  switch (member.standing) {
    case 'candidate':
      return null
    case 'removed':
      return 'was removed from the validators'
    case 'validator':
      return `${member.name} signs with a key that this node does not hold: name its file in consensusKeyPath, and start again`
  }
}

/** Why the others keep no stream for this validator, for a person to read; null where they do. */
export function whyUnreached(replica: Pick<Replica, 'epoch'>, peerId: PeerId): string | null {
  const { validators, self, peers, records } = replica.epoch
  if (self === null || validators.n === 1 || peers[self.index] === peerId) return null
  const known = peers[self.index] ?? 'nobody'
  const name = records[self.index]?.name ?? self.address
  return `the chain knows ${name} on the network as ${known}, and p2p.keyPath makes this node ${peerId}: put back the network.key that belongs to ${name}, or have its record name this node (setPeer)`
}
