/**
 * What a devnet was made with, kept in its directory. A later start may leave options out, but may
 * not contradict them: the network behind the data would be another one.
 */
import { readFileSync } from 'node:fs'
import { err, ok, type Result } from '../../base/result.ts'
import { GenesisError, ObjectReader, readList, readString, readUint } from '../../ledger/genesis/reader.ts'
import { parseStrictJson } from '../../ledger/genesis/strict-json.ts'
import { type Refusal, refusal } from '../../node/exit-codes.ts'
import { systemReason } from '../../node/system-reason.ts'
import { VALIDATORS_MAX } from '../../types/limits.ts'
import { ACCOUNTS_MAX } from './dev-accounts.ts'

export const OBSERVERS_MAX = 16
export const PORT_MAX = 65_535
const MODULES_MAX = 256

export interface DevnetSettings {
  readonly chainId: number
  readonly validators: number
  readonly observers: number
  readonly accounts: number
  /** Of process 0; the addresses of the validators are part of genesis. */
  readonly p2pPort: number
  /** SHA-256 of the file given with --genesis; empty for the built-in one. */
  readonly template: string
  /** SHA-256 of each file given with --module. */
  readonly modules: readonly string[]
  readonly genesisHash: string
}

/** Undefined: leave it as it is. */
export type Wanted = { readonly [Name in keyof Omit<DevnetSettings, 'genesisHash'>]: DevnetSettings[Name] | undefined }

const OPTION_NAMES: Readonly<Record<keyof Wanted, string>> = {
  chainId: '--chain-id',
  validators: '--validators',
  observers: '--observers',
  accounts: '--accounts',
  p2pPort: '--p2p-port',
  template: '--genesis',
  modules: '--module',
}

export function readSettings(path: string): Result<DevnetSettings, Refusal> {
  try {
    const document = parseStrictJson(readFileSync(path, 'utf8'))
    return document.ok ? ok(readDocument(document.value)) : damaged(path, document.error.message)
  } catch (error) {
    return damaged(path, error instanceof GenesisError ? error.message : systemReason(error))
  }
}

function damaged(path: string, reason: string) {
  return err(refusal(`${path}: ${reason}; begin anew with --reset`))
}

function readDocument(document: unknown): DevnetSettings {
  const reader = new ObjectReader(document, '')
  const settings = {
    chainId: reader.field('chainId', readUint()),
    validators: reader.field('validators', readUint(VALIDATORS_MAX, 1)),
    observers: reader.field('observers', readUint(OBSERVERS_MAX)),
    accounts: reader.field('accounts', readUint(ACCOUNTS_MAX)),
    p2pPort: reader.field('p2pPort', readUint(PORT_MAX, 1)),
    template: reader.field('template', readString(0, 64)),
    modules: reader.field('modules', readList(readString(64, 64), 0, MODULES_MAX)),
    genesisHash: reader.field('genesisHash', readString(66, 66)),
  }
  reader.finish()
  return settings
}

/** The first option that another network would be needed for. */
export function contradiction(kept: DevnetSettings, wanted: Wanted): string | undefined {
  for (const name of Object.keys(OPTION_NAMES) as (keyof Wanted)[]) {
    if (wanted[name] === undefined || String(wanted[name]) === String(kept[name])) continue
    const isFile = name === 'template' || name === 'modules'
    const difference = isFile
      ? 'another file was given'
      : `it is ${String(kept[name])} there, not ${String(wanted[name])}`
    return `${OPTION_NAMES[name]} contradicts the network that is kept: ${difference}`
  }
  return undefined
}
