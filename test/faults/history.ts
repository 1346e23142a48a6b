/**
 * What a client was told, on disk before it counts: SENT when an envelope leaves, ACK when a receipt
 * was seen.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import type { Hex } from 'viem'

export interface Acknowledged {
  readonly hash: Hex
  readonly blockHash: Hex
  readonly blockNumber: Hex
  readonly transactionIndex: Hex
  readonly status: Hex
}

export class History {
  readonly acknowledged: Acknowledged[] = []
  /** From SENT to ACK. */
  readonly waitsMs: number[] = []
  sent = 0
  readonly #file: number

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  send(hash: Hex): void {
    this.#write(`SENT ${hash} ${Date.now()}`)
    this.sent++
  }

  acknowledge(receipt: Acknowledged, waitMs: number): void {
    const { hash, blockHash, blockNumber, transactionIndex } = receipt
    this.#write(`ACK ${hash} ${blockNumber} ${blockHash} ${transactionIndex} ${Date.now()}`)
    this.acknowledged.push(receipt)
    this.waitsMs.push(waitMs)
  }

  close(): void {
    closeSync(this.#file)
  }

  #write(line: string): void {
    writeSync(this.#file, `${line}\n`)
    fdatasyncSync(this.#file)
  }
}
