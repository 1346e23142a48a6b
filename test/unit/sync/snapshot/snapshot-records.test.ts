import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../src/base/bytes.ts'
import {
  decodeManifest,
  decodeStateRecord,
  encodeManifest,
  encodeStateRecord,
} from '../../../../src/sync/snapshot/snapshot-records.ts'
import { chunkRecord, codeRecord, manifest } from '../../types/protocol-samples.ts'

describe('a record of a snapshot', () => {
  it('is understood as it was meant', () => {
    expect(decodeManifest(encodeManifest(manifest))).toEqual({ ok: true, value: manifest })
    for (const record of [chunkRecord, codeRecord])
      expect(decodeStateRecord(encodeStateRecord(record))).toEqual({ ok: true, value: record })
  })

  it('cut short anywhere or changed anywhere is refused, or is another record of one encoding', () => {
    for (const record of [chunkRecord, codeRecord]) {
      const bytes = encodeStateRecord(record)
      for (let at = 0; at < bytes.length; at++) {
        expect(decodeStateRecord(bytes.subarray(0, at)).ok && at > 0).toBe(false)
        const changed = bytes.slice()
        changed[at] = (changed[at] ?? 0) ^ 1
        const decoded = decodeStateRecord(changed)
        if (decoded.ok) expect(toHex(encodeStateRecord(decoded.value))).toBe(toHex(changed))
      }
    }
  })
})
