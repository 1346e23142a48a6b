/** Block 0: the state that a genesis file describes, and the header whose hash names the network. */
import { hashHeader, hashValidators } from '../../crypto/digests.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import { EMPTY_ROOT } from '../../trie/trie.ts'
import type { Block } from '../../types/block.ts'
import { rootQc } from '../../types/certificate.ts'
import type { Genesis, GenesisAccount, GenesisValidator } from '../../types/genesis.ts'
import type { Header } from '../../types/header.ts'
import { type Address, type Hash, hashFromBytes, ZERO_ADDRESS, ZERO_HASH } from '../../types/ids.ts'
import { type Validator, ValidatorSet } from '../../types/validator-set.ts'
import { EMPTY_ACCOUNT, EMPTY_CODE_HASH } from '../account.ts'
import { WEIGHT_FIRST } from '../leader-schedule.ts'
import type { ModuleRegistry } from '../module-registry.ts'
import { EMPTY_BLOOM } from '../receipt-codec.ts'
import { StateOverlay } from '../state-overlay.ts'
import { NO_STATE, type StateSource } from '../state-source.ts'
import { wordsOf } from '../storage-words.ts'
import { writeCandidates } from '../system/candidate-queue.ts'
import { writeNextWeights } from '../system/epoch-schedule.ts'
import { writeParameters } from '../system/parameters.ts'
import { MODULE_CODE, SYSTEM_ADDRESS } from '../system/system-account.ts'
import {
  type Standing,
  type ValidatorRecord,
  writeValidatorRecord,
  writeValidators,
} from '../system/validator-records.ts'
import { type AccountChange, WorldState } from '../world-state.ts'

/** The epoch of the first block is the next one; genesis is the root that it begins with. */
const GENESIS_EPOCH = 0
/** Of the first block that is agreed on. */
export const FIRST_EPOCH = 1

export interface GenesisBlock {
  /** Its hash is the genesis hash, which every signature of the network contains. */
  readonly block: Block
  readonly state: WorldState
  readonly validators: readonly Validator[]
}

/** Everything of `state` is new: what a store has to write are its changes since `WorldState.empty(source)`. */
export function buildGenesisBlock(
  genesis: Genesis,
  modules: ModuleRegistry,
  source: StateSource = NO_STATE,
): GenesisBlock {
  const validators = validatorsOf(genesis)
  const state = stateOf(genesis, validators, modules, source)
  const header = headerOf(genesis, validators, state.root)
  const justify = rootQc(GENESIS_EPOCH, ZERO_HASH)
  return { block: { hash: hashHeader(header), header, justify, tc: null, transactions: [] }, state, validators }
}

function validatorsOf(genesis: Genesis): readonly Validator[] {
  const members = genesis.validators.map(({ address, consensusKey }) => ({ address, consensusKey, leads: true }))
  return new ValidatorSet(FIRST_EPOCH, members, genesis.faultModel).members
}

function stateOf(
  genesis: Genesis,
  validators: readonly Validator[],
  modules: ModuleRegistry,
  source: StateSource,
): WorldState {
  const overlay = new StateOverlay(allocated(genesis.alloc, source))
  for (const address of modules.keys()) overlay.setCode(address, MODULE_CODE)
  const words = wordsOf(overlay, SYSTEM_ADDRESS)
  const { baseFeePerGas, gasLimit, targetValidators } = genesis
  writeParameters(words, { baseFeePerGas, gasLimit, targetValidators })
  writeValidators(words, validators)
  writeNextWeights(
    words,
    validators.map(() => WEIGHT_FIRST),
  )
  for (const validator of genesis.validators) writeValidatorRecord(words, firstRecord(validator, 'validator'))
  for (const candidate of genesis.candidates) writeValidatorRecord(words, firstRecord(candidate, 'candidate'))
  writeCandidates(
    words,
    genesis.candidates.map(({ address }) => address),
  )
  return overlay.commit()
}

function firstRecord({ address, consensusKey, name, peer }: GenesisValidator, standing: Standing): ValidatorRecord {
  const always = { leads: true, feeRecipient: address, jailed: false, addedAt: 0, signer: address, readyAt: 0 }
  return { address, consensusKey, name, peer, standing, ...always }
}

/** Exactly what is written there, an empty account included, as geth does: EIP-161 is a rule for transactions. */
function allocated(alloc: ReadonlyMap<Address, GenesisAccount>, source: StateSource): WorldState {
  const changes = new Map<Address, AccountChange>()
  const codes = new Map<Hash, Uint8Array>()
  for (const [address, { nonce, balance, code, storage }] of alloc) {
    const codeHash = code.length === 0 ? EMPTY_CODE_HASH : keccak256Hash(code)
    if (code.length > 0) codes.set(codeHash, code)
    changes.set(address, { account: { ...EMPTY_ACCOUNT, nonce, balance, codeHash }, storage })
  }
  return WorldState.empty(source).with(changes, codes)
}

function headerOf(genesis: Genesis, validators: readonly Validator[], stateRoot: Hash): Header {
  const emptyRoot = hashFromBytes(EMPTY_ROOT)
  const validatorsHash = hashValidators(validators)
  return {
    parentHash: ZERO_HASH,
    miner: ZERO_ADDRESS,
    stateRoot,
    transactionsRoot: emptyRoot,
    receiptsRoot: emptyRoot,
    logsBloom: EMPTY_BLOOM,
    height: 0,
    gasLimit: genesis.gasLimit,
    gasUsed: 0,
    baseFeePerGas: genesis.baseFeePerGas,
    consensus: {
      epoch: GENESIS_EPOCH,
      view: 0,
      justifyView: 0,
      justifyDigest: genesis.documentDigest,
      tcDigest: null,
      validatorsHash,
      nextValidatorsHash: validatorsHash,
      end: false,
      suffix: false,
      timeMs: genesis.timestampMs,
    },
  }
}
