/** What a replica is configured with, from genesis and from what lies on disk: the same for a node that runs and one that is replayed. */
import { defined } from '../base/invariant.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { Recoverer } from '../crypto/secp256k1.ts'
import { FIRST_EPOCH, type GenesisBlock } from '../ledger/genesis/genesis-block.ts'
import type { ModuleRegistry } from '../ledger/module-registry.ts'
import { ledgerRules } from '../ledger/rules.ts'
import type { KnownPeer } from '../network/port.ts'
import { type OpenedChain, scheduleAtTip } from '../replica/open-replica.ts'
import type { ReplicaConfig } from '../replica/replica-config.ts'
import type { Genesis } from '../types/genesis.ts'
import type { SafetyRecord } from '../types/safety-record.ts'
import { ValidatorSet } from '../types/validator-set.ts'
import { type Refusal, refusal } from './exit-codes.ts'
import { planPeers } from './validator-peers.ts'

/** A network, as its genesis file and block 0 have it. */
export interface GenesisNetwork {
  readonly genesis: Genesis
  readonly registry: ModuleRegistry
  readonly block: GenesisBlock
}

export interface PlannedReplica {
  readonly config: ReplicaConfig
  readonly knownPeers: readonly KnownPeer[]
}

export function genesisValidators({ genesis, block }: GenesisNetwork): ValidatorSet {
  return new ValidatorSet(FIRST_EPOCH, block.validators, genesis.faultModel)
}

/** @param own null for an observer. */
export function planReplica(
  network: GenesisNetwork,
  chain: OpenedChain,
  recoverer: Recoverer,
  own: { readonly index: number; readonly safetyRecord: SafetyRecord } | null,
  configuredPeers: readonly string[],
): Result<PlannedReplica, Refusal> {
  const { genesis, registry, block } = network
  const genesisHash = block.block.hash
  const validators = genesisValidators(network)
  const peers = planPeers(genesis, validators, configuredPeers)
  if (!peers.ok) return err(refusal(peers.error.message))
  const self =
    own === null ? null : { index: own.index, address: defined(validators.at(own.index), 'the own validator').address }
  const config = {
    genesis,
    genesisHash,
    rules: ledgerRules(genesis, registry, genesisHash, recoverer),
    validators,
    rootHash: genesisHash,
    schedule: scheduleAtTip(chain.store, validators, genesisHash),
    validatorPeers: peers.value.validatorPeers,
    self,
    safetyRecord: own?.safetyRecord ?? null,
    recovered: chain.recovered,
  }
  return ok({ config, knownPeers: peers.value.known })
}
