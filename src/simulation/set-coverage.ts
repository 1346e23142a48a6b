/** Counts what becomes of the set of validators, as honest nodes see it. */
import { bytesEqual } from '../base/bytes.ts'
import { addressOfPublicKey } from '../crypto/secp256k1.ts'
import type { EpochContext } from '../replica/epoch-context.ts'
import type { Address, Epoch } from '../types/ids.ts'
import type { ValidatorSet } from '../types/validator-set.ts'
import type { Checker } from './checker.ts'
import type { Coverage } from './coverage.ts'
import type { SimulatedGenesis } from './simulated-genesis.ts'

/** `isUp`: of a node, by the validator that it is. */
export function setCoverage(
  coverage: Coverage,
  { identities, validators }: SimulatedGenesis,
  isUp: (validator: number) => boolean,
): Checker {
  let current: ValidatorSet = validators
  const removed = new Set<number>()
  /** By node: the epoch that it came back in. */
  const returned = new Map<number, Epoch>()
  /** Keys that came later than the first and have signed nothing yet. */
  const changed = new Set<Address>()
  return {
    onEpoch({ isByzantine }, { validators: next }: EpochContext) {
      if (isByzantine || next.epoch <= current.epoch) return
      const before = new Set(current.members.map(({ address }) => address))
      const after = new Set(next.members.map(({ address }) => address))
      for (const { address, consensusKey } of next.members) {
        const key = current.members.find((member) => member.address === address)?.consensusKey
        if (key === undefined || bytesEqual(key, consensusKey)) continue
        changed.add(addressOfPublicKey(consensusKey))
        coverage.hit('key changed')
        if (!isUp(identities.findIndex((identity) => identity.address === address)))
          coverage.hit('key changed while its node was down')
      }
      current = next
      if (before.size !== after.size || [...before].some((member) => !after.has(member))) coverage.hit('set changed')
      for (const [node, { address }] of identities.entries()) {
        if (before.has(address) && !after.has(address)) {
          removed.add(node)
          returned.delete(node)
          coverage.hit('validator removed')
        } else if (removed.has(node) && after.has(address)) {
          removed.delete(node)
          returned.set(node, next.epoch)
          coverage.hit('removed validator back')
        }
      }
    },
    onSign({ validator }, { epoch }, _digest, { address }) {
      if (changed.delete(address)) coverage.hit('changed key signed')
      const since = returned.get(validator)
      if (since === undefined || epoch < since) return
      returned.delete(validator)
      coverage.hit('returned validator signed')
    },
  }
}
