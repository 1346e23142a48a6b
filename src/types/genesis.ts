/** What every node of a network must agree on before the first block. Parsed from one JSON file by ledger/genesis. */
import type { FaultModel } from './fault-model.ts'
import type { Address, Hash } from './ids.ts'

export interface GenesisValidator {
  readonly address: Address
  /** 33 bytes, compressed; `address` is derived from it. */
  readonly consensusKey: Uint8Array
  /** Multiaddr with the libp2p peer id: /ip4/…/tcp/…/p2p/… */
  readonly peer: string
  readonly name: string
}

export interface GenesisAccount {
  readonly nonce: number
  /** Wei. */
  readonly balance: bigint
  readonly code: Uint8Array
  readonly storage: ReadonlyMap<Hash, Uint8Array>
}

export interface GenesisModule {
  readonly name: string
  readonly address: Address
  /** File name of a module that is not built in, and the SHA-256 its bytes must have. */
  readonly source?: string
  readonly sha256?: string
}

export interface ConsensusParameters {
  /** Tbase: how long a view may take before its replicas time out. */
  readonly viewTimeoutMs: number
  /** β: each further failed view in a row waits this much longer … */
  readonly viewTimeoutGrowth: number
  /** … after the first k. */
  readonly viewTimeoutSteadyViews: number
  /** Tmax. */
  readonly viewTimeoutMsMax: number
  readonly blockIntervalMsMin: number
  /** An empty block is due this long after the last one; 0 = never. */
  readonly heartbeatMs: number
  readonly clockDriftMsMax: number
  readonly blockTransactionsMax: number
  readonly blockBytesMax: number
  /** 0 = an epoch ends only when its validators change. */
  readonly epochBlocksMax: number
  readonly epochMsMin: number
}

export interface GovernanceParameters {
  readonly proposalBlocksMax: number
  readonly readyBlocksMax: number
  /** Whether nodes vote on proven faults by themselves. */
  readonly autoVote: boolean
  /** Whoever missed more than so many of … */
  readonly missedLeaderViewsMax: number
  /** … its last so many leader views is proposed for removal; 0 = nobody is. */
  readonly leaderViewsWindow: number
}

export interface EvidenceParameters {
  readonly ageEpochsMax: number
}

export interface Genesis {
  readonly chainId: number
  readonly name: string
  readonly timestampMs: number
  readonly gasLimit: number
  readonly baseFeePerGas: bigint
  readonly faultModel: FaultModel
  readonly minValidators: number
  readonly targetValidators: number
  readonly validators: readonly GenesisValidator[]
  /** Appointed from the beginning, in their order. */
  readonly candidates: readonly GenesisValidator[]
  readonly alloc: ReadonlyMap<Address, GenesisAccount>
  readonly modules: readonly GenesisModule[]
  readonly consensus: ConsensusParameters
  readonly governance: GovernanceParameters
  readonly evidence: EvidenceParameters
  /** Heights from which named changes of the rules hold. */
  readonly forks: Readonly<Record<string, number>>
  /** keccak256 of the RFC 8785 form of the JSON: stands as justifyDigest in header 0. */
  readonly documentDigest: Hash
}
