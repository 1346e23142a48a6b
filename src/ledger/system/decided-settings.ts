/** Values of parameters that the running block has decided on: they happen at its end, in their order. */
import { EMPTY_BYTES } from '../../base/bytes.ts'
import { asBytes, asFixedBytes, asList, asTuple } from '../../codec/fields.ts'
import { decodeRlp, encodeRlp } from '../../codec/rlp.ts'
import { type Hash, hashFromBytes, idBytes } from '../../types/ids.ts'
import { readValue, writeValue } from '../storage-map.ts'
import type { WordReader, Words } from '../storage-words.ts'
import { recordKey } from './system-account.ts'

export interface DecidedSetting {
  /** Name of the parameter. */
  readonly key: Hash
  readonly value: Uint8Array
}

const KEY = recordKey('settings')

/** At the end of the block, after which there are none. */
export function takeSettings(words: Words): readonly DecidedSetting[] {
  const settings = readSettings(words)
  if (settings.length > 0) writeValue(words, KEY, EMPTY_BYTES)
  return settings
}

function readSettings(words: WordReader): readonly DecidedSetting[] {
  const stored = readValue(words, KEY)
  if (stored.length === 0) return []
  return asList(decodeRlp(stored), 'settings').map((item) => {
    const [key, value] = asTuple(item, 2, 'setting')
    return { key: hashFromBytes(asFixedBytes(key, 32, 'setting.key')), value: asBytes(value, 'setting.value') }
  })
}

export function addSetting(words: Words, setting: DecidedSetting): void {
  const settings = [...readSettings(words), setting]
  writeValue(words, KEY, encodeRlp(settings.map(({ key, value }) => [idBytes(key), value])))
}
