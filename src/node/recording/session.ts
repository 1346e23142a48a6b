/** What a replica starts with, as the first record of each of its lives. */
import { concatBytes, EMPTY_BYTES, utf8 } from '../../base/bytes.ts'
import { asBytes, asList, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import type { RlpItem } from '../../codec/rlp.ts'
import type { FileDirectory } from '../../storage/file-port.ts'
import type { Height } from '../../types/ids.ts'

export interface RecordedKey {
  /** 33 bytes. */
  readonly publicKey: Uint8Array
  /** What it had signed, encoded. */
  readonly safetyRecord: Uint8Array
}

/** By name. */
export type JournalFiles = ReadonlyMap<string, Uint8Array>

export interface Session {
  /** The genesis file. */
  readonly genesisText: string
  readonly keys: readonly RecordedKey[]
  /** Newest block that the store has applied; the journal may know more. */
  readonly storeHeight: Height
  readonly journal: JournalFiles
}

const FILES_MAX = 100_000
const KEYS_MAX = 1_000

/** `before`: the journal of the session before, of which what has stayed is not written again. */
export function sessionFields(session: Session, before: JournalFiles): readonly RlpItem[] {
  return [
    utf8(session.genesisText),
    session.keys.map(({ publicKey, safetyRecord }) => [publicKey, safetyRecord]),
    uintBytes(session.storeHeight),
    [...session.journal].map(([name, bytes]) => {
      const kept = sharedLength(bytes, before.get(name) ?? EMPTY_BYTES)
      return [utf8(name), uintBytes(kept), bytes.subarray(kept)]
    }),
  ]
}

export function readSession(fields: readonly RlpItem[], before: JournalFiles): Session {
  const [genesis, own, height, files] = asTuple(fields, 4, 'session')
  return {
    genesisText: text(genesis),
    keys: asList(own, 'own keys', KEYS_MAX).map(readKey),
    storeHeight: asUint(height, 'height'),
    journal: new Map(
      asList(files, 'files', FILES_MAX).map((file) => {
        const [item, kept, bytes] = asTuple(file, 3, 'file')
        const name = text(item)
        const start = before.get(name)?.subarray(0, asUint(kept, 'kept')) ?? EMPTY_BYTES
        return [name, concatBytes(start, asBytes(bytes, 'bytes'))]
      }),
    ),
  }
}

export function readKey(item: RlpItem): RecordedKey {
  const [publicKey, safetyRecord] = asTuple(item, 2, 'own key')
  return { publicKey: asBytes(publicKey, 'key'), safetyRecord: asBytes(safetyRecord, 'safety record') }
}

export function filesOf(directory: FileDirectory): JournalFiles {
  return new Map(directory.list().map((name) => [name, directory.read(name)]))
}

function sharedLength(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.length, b.length)
  let length = 0
  while (length < most && a[length] === b[length]) length += 1
  return length
}

function text(item: RlpItem | undefined): string {
  return new TextDecoder().decode(asBytes(item, 'text'))
}
