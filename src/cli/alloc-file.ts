/** First balances from a file: JSON as geth's `alloc`, or lines of ADDRESS,COINS as a spreadsheet exports them. */
import { readFileSync } from 'node:fs'
import { err, ok, type Result } from '../base/result.ts'
import { EXIT, type Refusal, refusal } from '../node/exit-codes.ts'
import { systemReason } from '../node/system-reason.ts'
import { parseAddress } from '../types/ids.ts'
import { parseCoins } from './coins.ts'

/** In the shape of the `alloc` of a genesis file, which judges the rest. */
export function readAllocFile(path: string): Result<unknown, Refusal> {
  try {
    const text = readFileSync(path, 'utf8')
    return text.trimStart().startsWith('{') ? ok(JSON.parse(text)) : readLines(path, text)
  } catch (error) {
    return err(refusal(`cannot read ${path}: ${systemReason(error)}`, EXIT.failed))
  }
}

function readLines(path: string, text: string): Result<unknown, Refusal> {
  const alloc: Record<string, { balance: string }> = {}
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const [first = '', second = '', ...rest] = line.split(',').map((field) => field.trim())
    const address = parseAddress(first)
    const balance = parseCoins(second)
    if (address === undefined || balance === undefined || rest.length > 0)
      return err(refusal(`${path}:${index + 1}: expected ADDRESS,COINS`, EXIT.failed))
    if (address in alloc) return err(refusal(`${path}:${index + 1}: ${address} is there twice`, EXIT.failed))
    alloc[address] = { balance: balance.toString() }
  }
  return ok(alloc)
}
