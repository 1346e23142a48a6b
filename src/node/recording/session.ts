/** What a replica starts with, as the first record of each of its lives. */
import { utf8 } from '../../base/bytes.ts'
import { asBytes, asList, asTuple, asUint, uintBytes } from '../../codec/fields.ts'
import type { RlpItem } from '../../codec/rlp.ts'
import type { FileDirectory } from '../../storage/file-port.ts'
import type { Height } from '../../types/ids.ts'

export interface Session {
  /** The genesis file. */
  readonly genesisText: string
  /** Public, 33 bytes; null for a node without one. */
  readonly consensusKey: Uint8Array | null
  /** Encoded; null for a node without a key. */
  readonly safetyRecord: Uint8Array | null
  /** Newest block that the store has applied; the journal may know more. */
  readonly storeHeight: Height
  readonly journal: ReadonlyMap<string, Uint8Array>
}

const FILES_MAX = 100_000
const EMPTY = new Uint8Array(0)

export function sessionFields(session: Session): readonly RlpItem[] {
  return [
    utf8(session.genesisText),
    session.consensusKey === null ? [] : [session.consensusKey, session.safetyRecord ?? EMPTY],
    uintBytes(session.storeHeight),
    [...session.journal].map(([name, bytes]) => [utf8(name), bytes]),
  ]
}

export function readSession(fields: readonly RlpItem[]): Session {
  const [genesis, own, height, files] = asTuple(fields, 4, 'session')
  const [consensusKey, safetyRecord] = asList(own, 'own key', 2)
  return {
    genesisText: text(genesis),
    consensusKey: consensusKey === undefined ? null : asBytes(consensusKey, 'key'),
    safetyRecord: safetyRecord === undefined ? null : asBytes(safetyRecord, 'safety record'),
    storeHeight: asUint(height, 'height'),
    journal: new Map(
      asList(files, 'files', FILES_MAX).map((file) => {
        const [name, bytes] = asTuple(file, 2, 'file')
        return [text(name), asBytes(bytes, 'bytes')]
      }),
    ),
  }
}

export function filesOf(directory: FileDirectory): ReadonlyMap<string, Uint8Array> {
  return new Map(directory.list().map((name) => [name, directory.read(name)]))
}

function text(item: RlpItem | undefined): string {
  return new TextDecoder().decode(asBytes(item, 'text'))
}
