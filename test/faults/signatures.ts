/**
 * Every signature of a validator that the journals hold, in certificates and as proposers of blocks:
 * for one kind, epoch and view no validator may have signed two things.
 */
import { join } from 'node:path'
import { fromHex } from '../../src/base/bytes.ts'
import { recoverJournal } from '../../src/storage/journal/recovery.ts'
import {
  BLOCK_RECORD,
  COMMIT_RECORD,
  decodeBlockRecord,
  decodeCommitRecord,
} from '../../src/storage/journal-records.ts'
import { NodeFiles } from '../../src/storage/node-files/node-files.ts'
import type { Block } from '../../src/types/block.ts'
import type { QuorumCertificate } from '../../src/types/certificate.ts'
import { signersOf } from '../../src/types/signer-bitmap.ts'

export class SignatureBook {
  readonly #signed = new Map<string, string>()
  readonly contradictions: string[] = []

  get size(): number {
    return this.#signed.size
  }

  /** The journal of a node that is stopped; its torn end, if it has one, is cut off as the node would. */
  readJournal(dataDir: string, genesisHash: string): void {
    const files = new NodeFiles(join(dataDir, 'journal'))
    const options = { genesisHash: fromHex(genesisHash), fromSegment: 0, reliedOn: null }
    const read = recoverJournal(files, options, (type, payload) => {
      if (type === BLOCK_RECORD) this.#takeBlock(decodeBlockRecord(payload))
      if (type !== COMMIT_RECORD) return
      const { epoch, view, blockHash, bitmap } = decodeCommitRecord(payload).certificate
      for (const signer of signersOf(bitmap)) this.#take(`commit ${epoch}/${view} by ${signer}`, blockHash)
    })
    files.close()
    if (!read.ok) throw new Error(`${dataDir}: ${JSON.stringify(read.error)}`)
  }

  #takeBlock({ hash, header, justify, tc }: Block): void {
    const { epoch, view } = header.consensus
    this.#take(`proposal ${epoch}/${view} by ${header.miner}`, hash)
    this.#takeQc(justify)
    if (tc === null) return
    this.#takeQc(tc.highQc)
    for (const { signer, highQcView } of tc.entries)
      this.#take(`timeout ${tc.epoch}/${tc.view} by ${signer}`, String(highQcView))
  }

  #takeQc({ epoch, view, blockHash, bitmap }: QuorumCertificate): void {
    for (const signer of signersOf(bitmap)) this.#take(`vote ${epoch}/${view} by ${signer}`, blockHash)
  }

  #take(statement: string, value: string): void {
    const before = this.#signed.get(statement)
    if (before === undefined) this.#signed.set(statement, value)
    else if (before !== value) this.contradictions.push(`${statement}: ${before} and ${value}`)
  }
}
