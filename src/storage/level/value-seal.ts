/** A stored value begins with the CRC-32C of its key and itself: LevelDB does not verify what it reads. */
import { crc32c } from '../crc32c.ts'
import { StorageFailure } from '../storage-failure.ts'

const CHECKSUM_BYTES = 4

export function sealValue(key: Uint8Array, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(CHECKSUM_BYTES + value.length)
  new DataView(sealed.buffer).setUint32(0, crc32c(value, crc32c(key)))
  sealed.set(value, CHECKSUM_BYTES)
  return sealed
}

/** Throws a StorageFailure for a value that is not the one written under the key. */
export function unsealValue(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  const value = new Uint8Array(sealed.buffer, sealed.byteOffset, sealed.byteLength).subarray(CHECKSUM_BYTES)
  const view = new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  if (sealed.length < CHECKSUM_BYTES || view.getUint32(0) !== crc32c(value, crc32c(key))) {
    throw new StorageFailure('DATABASE_CORRUPT', 'a value of the database fails its checksum')
  }
  return value
}
