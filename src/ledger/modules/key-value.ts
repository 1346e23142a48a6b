/**
 * The replicated database: every address owns a map from 32-byte keys to bytes.
 *
 * Layout, as keys of the module's storage:
 * - storageKey(owner, key): position of the key among its owner's, from 1, in 8 bytes ‖ value;
 * - storageKey(owner): how many keys the owner has, in 8 bytes;
 * - storageKey(owner, position, 0): the key at that position.
 * Removing moves the last key into the gap, so the order of `keys` is not that of insertion.
 */

import { parseAbi } from 'abitype'
import { fromHex, type Hex } from '../../base/bytes.ts'
import { isPlanted } from '../../base/planted-bug.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import { ZERO_HASH } from '../../types/ids.ts'
import { defineModule, type ModuleStorage, numberFrom, type ReadableStorage, storageKey } from '../module.ts'

const abi = parseAbi([
  'function put(bytes32 key, bytes value)',
  'function remove(bytes32 key)',
  'function compareAndSet(bytes32 key, bytes32 expectedHash, bytes value)',
  'function get(address owner, bytes32 key) view returns (bytes value)',
  'function keys(address owner, uint256 from, uint256 count) view returns (bytes32[] page)',
  'event Put(address indexed owner, bytes32 indexed key, bytes value)',
  'event Removed(address indexed owner, bytes32 indexed key)',
  'error NotFound(bytes32 key)',
  'error HashMismatch(bytes32 key, bytes32 actualHash)',
])

const POSITION_DIGITS = 16

export const keyValue = defineModule({
  name: 'keyValue',
  address: '0x0000000000000000000000000000000000001001',
  abi,
  call: {
    put(context, [key, value]) {
      put(context.storage, context.sender, key, value)
      context.emit('Put', [context.sender, key, value])
    },

    remove(context, [key]) {
      const { storage, sender } = context
      const position = positionOf(storage.get(storageKey(sender, key)))
      if (position === 0n) return context.revert('NotFound', [key])
      const count = countOf(storage, sender)
      if (position < count) {
        const last = storage.get(storageKey(sender, count, 0n))
        const moved = storageKey(sender, last)
        storage.set(storageKey(sender, position, 0n), last)
        storage.set(moved, record(position, contentOf(storage.get(moved))))
      }
      storage.set(storageKey(sender, count, 0n), '0x')
      storage.set(storageKey(sender), count === 1n ? '0x' : record(count - 1n, '0x'))
      storage.set(storageKey(sender, key), '0x')
      context.emit('Removed', [sender, key])
    },

    /** `expectedHash` is keccak256 of the value that is there, or zero when there must be none. */
    compareAndSet(context, [key, expectedHash, value]) {
      const held = context.storage.get(storageKey(context.sender, key))
      const actualHash = held === '0x' ? ZERO_HASH : keccak256Hash(fromHex(contentOf(held)))
      const mayDiffer = __CANARIES__ && isPlanted('compare-skipped')
      if (actualHash !== expectedHash && !mayDiffer) return context.revert('HashMismatch', [key, actualHash])
      put(context.storage, context.sender, key, value)
      context.emit('Put', [context.sender, key, value])
    },
  },
  view: {
    /** Empty when there is none. */
    get: (context, [owner, key]) => contentOf(context.storage.get(storageKey(owner, key))),

    keys(context, [owner, from, count]) {
      const { storage } = context
      const total = countOf(storage, owner)
      const page: Hex[] = []
      for (let position = from + 1n; position <= total && position <= from + count; position++)
        page.push(storage.get(storageKey(owner, position, 0n)))
      return page
    },
  },
})

function put(storage: ModuleStorage, owner: Hex, key: Hex, value: Hex): void {
  const place = storageKey(owner, key)
  const known = positionOf(storage.get(place))
  if (known > 0n) {
    storage.set(place, record(known, value))
    return
  }
  const position = countOf(storage, owner) + 1n
  storage.set(storageKey(owner), record(position, '0x'))
  storage.set(storageKey(owner, position, 0n), key)
  storage.set(place, record(position, value))
}

function countOf(storage: ReadableStorage, owner: Hex): bigint {
  return numberFrom(storage.get(storageKey(owner)))
}

function record(position: bigint, value: Hex): Hex {
  return `0x${position.toString(16).padStart(POSITION_DIGITS, '0')}${value.slice(2)}`
}

function positionOf(held: Hex): bigint {
  return numberFrom(held.slice(0, 2 + POSITION_DIGITS) as Hex)
}

function contentOf(held: Hex): Hex {
  return `0x${held.slice(2 + POSITION_DIGITS)}`
}
