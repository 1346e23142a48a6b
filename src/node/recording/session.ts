/** What a replica starts with, as the first record of each of its lives. */
import { utf8 } from '../../base/bytes.ts'
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

export interface Session {
  /** The genesis file. */
  readonly genesisText: string
  readonly keys: readonly RecordedKey[]
  /** Newest block that the store has applied; the journal may know more. */
  readonly storeHeight: Height
  readonly journal: ReadonlyMap<string, Uint8Array>
}

const FILES_MAX = 100_000
const KEYS_MAX = 1_000

export function sessionFields(session: Session): readonly RlpItem[] {
  return [
    utf8(session.genesisText),
    session.keys.map(({ publicKey, safetyRecord }) => [publicKey, safetyRecord]),
    uintBytes(session.storeHeight),
    [...session.journal].map(([name, bytes]) => [utf8(name), bytes]),
  ]
}

export function readSession(fields: readonly RlpItem[]): Session {
  const [genesis, own, height, files] = asTuple(fields, 4, 'session')
  return {
    genesisText: text(genesis),
    keys: asList(own, 'own keys', KEYS_MAX).map(readKey),
    storeHeight: asUint(height, 'height'),
    journal: new Map(
      asList(files, 'files', FILES_MAX).map((file) => {
        const [name, bytes] = asTuple(file, 2, 'file')
        return [text(name), asBytes(bytes, 'bytes')]
      }),
    ),
  }
}

export function readKey(item: RlpItem): RecordedKey {
  const [publicKey, safetyRecord] = asTuple(item, 2, 'own key')
  return { publicKey: asBytes(publicKey, 'key'), safetyRecord: asBytes(safetyRecord, 'safety record') }
}

export function filesOf(directory: FileDirectory): ReadonlyMap<string, Uint8Array> {
  return new Map(directory.list().map((name) => [name, directory.read(name)]))
}

function text(item: RlpItem | undefined): string {
  return new TextDecoder().decode(asBytes(item, 'text'))
}
