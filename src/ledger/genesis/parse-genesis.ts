/**
 * The genesis file: what every node of a network agrees on before its first block. Read
 * strictly (no unknown key, no key twice), because a slip in it is a different network.
 * `genesis/schema.json` says the same to editors; `genesis/example.jsonc` explains each field.
 */
import canonicalize from 'canonicalize'
import { utf8 } from '../../base/bytes.ts'
import { defined } from '../../base/invariant.ts'
import { type Rejection, rejection } from '../../base/rejection.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import type { ConsensusParameters, EvidenceParameters, Genesis, GovernanceParameters } from '../../types/genesis.ts'
import type { Hash } from '../../types/ids.ts'
import {
  BLOCK_BODY_BYTES_MAX,
  BLOCK_TRANSACTIONS_MAX,
  TRANSACTION_BYTES_MAX,
  VALIDATORS_MAX,
} from '../../types/limits.ts'
import { BLOCK_GAS_MAX, GOVERNANCE_CALL_GAS } from '../gas.ts'
import { KEPT_EPOCHS } from '../system/kept-epochs.ts'
import { readAlloc } from './alloc.ts'
import { readCandidates, readModules, readValidators } from './members.ts'
import {
  GenesisError,
  ObjectReader,
  readBigUint,
  readChoice,
  readFlag,
  readString,
  readUint,
  refuse,
} from './reader.ts'
import { parseStrictJson } from './strict-json.ts'

/** The largest chain id that MetaMask takes. */
const CHAIN_ID_MAX = 4_503_599_627_370_476
const SECONDS_MAX = 253_402_300_799
const DAY_MS = 86_400_000
const MIN_VALIDATORS_DEFAULT = 4
/** So long a vote has time at least, and evidence before changes of keys could outrun it (system/key-changes). */
const PROPOSAL_BLOCKS_MIN = 100
/** Half of them, which changes of keys may end, is one at least. */
const AGE_EPOCHS_MIN = 2
/** BOUND: what a node remembers of each validator. */
const LEADER_VIEWS_MAX = 10_000

const DEFAULTS = {
  gasLimit: 30_000_000,
  /** 1 gwei: a transfer costs 0.000021 coins, enough that wallets in priced mode show a sensible fee. */
  baseFee: 1_000_000_000n,
  modules: [{ name: 'keyValue', address: '0x0000000000000000000000000000000000001001' }],
} as const

/** From the text of the file, or from an object composed by a program. */
export function parseGenesis(document: unknown): Result<Genesis, Rejection<'badGenesis'>> {
  if (typeof document !== 'string') return parseDocument(document)
  const parsed = parseStrictJson(document)
  return parsed.ok ? parseDocument(parsed.value) : parsed
}

function parseDocument(document: unknown): Result<Genesis, Rejection<'badGenesis'>> {
  try {
    return ok(readGenesis(document))
  } catch (error) {
    if (error instanceof GenesisError) return err(rejection('badGenesis', error.message))
    throw error
  }
}

function readGenesis(document: unknown): Genesis {
  const reader = new ObjectReader(document, '')
  reader.field('$schema', readString(0, 1_000), '')
  const validators = reader.field('validators', readValidators)
  const count = validators.length
  const minValidators = reader.field('minValidators', readUint(count, 1), Math.min(MIN_VALIDATORS_DEFAULT, count))
  const genesis = {
    chainId: reader.field('chainId', readUint(CHAIN_ID_MAX, 1)),
    name: reader.field('name', readString(1, 64)),
    timestampMs: reader.field('timestamp', readUint(SECONDS_MAX)) * 1000,
    gasLimit: reader.field('gasLimit', readUint(BLOCK_GAS_MAX, GOVERNANCE_CALL_GAS), DEFAULTS.gasLimit),
    baseFeePerGas: reader.field('baseFee', readBigUint(2n ** 128n - 1n), DEFAULTS.baseFee),
    faultModel: reader.field('faultModel', readChoice('byzantine', 'crash'), 'byzantine'),
    validators,
    candidates: reader.field('candidates', readCandidates(validators), []),
    minValidators,
    // With fewer wanted than have to be there, whoever is to go could wait for a replacement for ever.
    targetValidators: reader.field('targetValidators', readUint(VALIDATORS_MAX, minValidators), count),
    modules: reader.field('modules', readModules, readModules(DEFAULTS.modules, 'modules')),
    alloc: reader.field('alloc', readAlloc),
    consensus: reader.field('consensus', readConsensus, readConsensus({}, 'consensus')),
    governance: reader.field('governance', readGovernance, readGovernance({}, 'governance')),
    evidence: reader.field('evidence', readEvidence, readEvidence({}, 'evidence')),
    forks: reader.field('forks', readForks, {}),
  }
  reader.finish()
  for (const { name, address } of genesis.modules)
    if (genesis.alloc.has(address)) refuse(`alloc.${address}`, `belongs to the module ${name}: remove it`)
  return { ...genesis, documentDigest: digestOf(document) }
}

/** keccak256 of the document's RFC 8785 form: white space and the order of keys do not matter. */
function digestOf(document: unknown): Hash {
  try {
    return keccak256Hash(utf8(defined(canonicalize(document), 'canonical form')))
  } catch (error) {
    // Text in JSON may hold half a surrogate pair, which has no UTF-8 form.
    return refuse('genesis', error instanceof Error ? error.message : String(error))
  }
}

function readConsensus(value: unknown, path: string): ConsensusParameters {
  const reader = new ObjectReader(value, path)
  const viewTimeoutMs = reader.field('viewTimeoutMs', readUint(DAY_MS, 10), 1_500)
  const parameters = {
    viewTimeoutMs,
    viewTimeoutGrowth: reader.field('viewTimeoutGrowth', readGrowth, 1.5),
    viewTimeoutSteadyViews: reader.field('viewTimeoutSteadyViews', readUint(1_000), 2),
    viewTimeoutMsMax: reader.field(
      'viewTimeoutMsMax',
      readUint(DAY_MS, viewTimeoutMs),
      Math.max(20_000, viewTimeoutMs),
    ),
    // A leader that waits longer than its view lasts proposes nothing.
    blockIntervalMsMin: reader.field('blockIntervalMsMin', readUint(viewTimeoutMs), 10),
    heartbeatMs: reader.field('heartbeatMs', readUint(DAY_MS), 30_000),
    clockDriftMsMax: reader.field('clockDriftMsMax', readUint(DAY_MS), 2_000),
    blockTransactionsMax: reader.field(
      'blockTransactionsMax',
      readUint(BLOCK_TRANSACTIONS_MAX, 1),
      BLOCK_TRANSACTIONS_MAX,
    ),
    blockBytesMax: reader.field(
      'blockBytesMax',
      // No less than one transaction, or the largest could be admitted and never be included.
      readUint(BLOCK_BODY_BYTES_MAX, TRANSACTION_BYTES_MAX),
      BLOCK_BODY_BYTES_MAX,
    ),
    epochBlocksMax: reader.field('epochBlocksMax', readUint(), 1_000),
    epochMsMin: reader.field('epochMsMin', readUint(), 600_000),
  }
  reader.finish()
  // Every epoch commits a first block: if that ended it, one would follow the other for ever.
  if (parameters.epochBlocksMax === 1 && parameters.epochMsMin === 0)
    refuse(`${path}.epochMsMin`, 'an epoch of one block has to last for a while: expected at least 1')
  return parameters
}

function readGrowth(value: unknown, path: string): number {
  if (typeof value === 'number' && value >= 1 && value <= 4) return value
  return refuse(path, 'expected a number from 1 to 4')
}

function readGovernance(value: unknown, path: string): GovernanceParameters {
  const reader = new ObjectReader(value, path)
  const leaderViewsWindow = reader.field('leaderViewsWindow', readUint(LEADER_VIEWS_MAX), 200)
  const parameters = {
    proposalBlocksMax: reader.field(
      'proposalBlocksMax',
      readUint(Number.MAX_SAFE_INTEGER, PROPOSAL_BLOCKS_MIN),
      10_000,
    ),
    readyBlocksMax: reader.field('readyBlocksMax', readUint(Number.MAX_SAFE_INTEGER, 1), 1_000),
    autoVote: reader.field('autoVote', readFlag, true),
    leaderViewsWindow,
    missedLeaderViewsMax: reader.field(
      'missedLeaderViewsMax',
      readUint(leaderViewsWindow),
      Math.floor((3 * leaderViewsWindow) / 4),
    ),
  }
  reader.finish()
  return parameters
}

function readEvidence(value: unknown, path: string): EvidenceParameters {
  const reader = new ObjectReader(value, path)
  const parameters = { ageEpochsMax: reader.field('ageEpochsMax', readUint(KEPT_EPOCHS, AGE_EPOCHS_MIN), KEPT_EPOCHS) }
  reader.finish()
  return parameters
}

function readForks(value: unknown, path: string): Readonly<Record<string, number>> {
  const read = readUint()
  return Object.fromEntries(
    new ObjectReader(value, path).rest().map(([name, height]) => {
      if (!/^[a-z][a-zA-Z0-9]{0,63}$/.test(name)) refuse(`${path}.${name}`, 'a fork is named in letters and digits')
      return [name, read(height, `${path}.${name}`)]
    }),
  )
}
