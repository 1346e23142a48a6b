/** The network that a simulation runs: its validators, its funded clients, block 0. */

import { toHex } from '../base/bytes.ts'
import { defined, invariant } from '../base/invariant.ts'
import { buildGenesisBlock, type GenesisBlock } from '../ledger/genesis/genesis-block.ts'
import { parseGenesis } from '../ledger/genesis/parse-genesis.ts'
import { moduleRegistry } from '../ledger/module-registry.ts'
import { type LedgerRules, ledgerRules } from '../ledger/rules.ts'
import type { PeerId } from '../network/port.ts'
import type { FaultModel } from '../types/fault-model.ts'
import type { Genesis, GovernanceParameters } from '../types/genesis.ts'
import { ValidatorSet } from '../types/validator-set.ts'
import type { Identity, SimulatedCrypto } from './host/simulated-crypto.ts'

export interface SimulatedGenesis {
  readonly genesis: Genesis
  readonly block: GenesisBlock
  readonly rules: LedgerRules
  readonly validators: ValidatorSet
  /** By node: the first validators by their places in the set, then the candidates in their order. */
  readonly identities: readonly Identity[]
  readonly clients: readonly Identity[]
}

export interface SimulatedGenesisOptions {
  readonly validators: number
  readonly faultModel: FaultModel
  readonly viewTimeoutMs: number
  readonly viewTimeoutMsMax: number
  /** 0 or none: the first epoch does not end. */
  readonly epochBlocksMax?: number
  readonly candidates?: number
  readonly governance?: Partial<GovernanceParameters> | undefined
}

const CLIENTS_MAX = 16
const CLIENT_BALANCE = 1000n * 10n ** 18n
export const WALL_ORIGIN_MS = 1_700_000_000_000
const FIRST_EPOCH = 1

const PEERS: PeerId[] = []

export function peerOf(node: number): PeerId {
  PEERS[node] ??= `peer-${node}` as PeerId
  return PEERS[node]
}

export function simulatedGenesis(options: SimulatedGenesisOptions, crypto: SimulatedCrypto): SimulatedGenesis {
  const members = Array.from({ length: options.validators }, (_, index) => crypto.identity(`validator ${index}`))
  const candidates = Array.from({ length: options.candidates ?? 0 }, (_, index) =>
    crypto.identity(`candidate ${index}`),
  )
  const clients = Array.from({ length: CLIENTS_MAX }, (_, index) => crypto.identity(`client ${index}`))
  const parsed = parseGenesis({
    chainId: 13_371,
    name: 'simulation',
    timestamp: WALL_ORIGIN_MS / 1000 - 86_400,
    faultModel: options.faultModel,
    validators: members.map(({ publicKey }, index) => genesisMember(publicKey, `validator ${index}`)),
    // Left out when there are none: every word of the document is part of the network's name.
    ...(candidates.length === 0
      ? {}
      : { candidates: candidates.map(({ publicKey }, index) => genesisMember(publicKey, `candidate ${index}`)) }),
    ...(options.governance === undefined ? {} : { governance: { ...options.governance } }),
    alloc: Object.fromEntries(clients.map(({ address }) => [address, { balance: `0x${CLIENT_BALANCE.toString(16)}` }])),
    consensus: {
      viewTimeoutMs: options.viewTimeoutMs,
      viewTimeoutMsMax: options.viewTimeoutMsMax,
      blockIntervalMsMin: 2,
      heartbeatMs: 0,
      epochBlocksMax: options.epochBlocksMax ?? 0,
      epochMsMin: 0,
    },
  })
  invariant(parsed.ok, parsed.ok ? '' : parsed.error.message)
  const genesis = parsed.value
  const modules = moduleRegistry(genesis.modules)
  invariant(modules.ok, 'the modules of the simulation are built in')
  const block = buildGenesisBlock(genesis, modules.value)
  const validators = new ValidatorSet(FIRST_EPOCH, block.validators, genesis.faultModel)
  const ordered = validators.members.map((member) =>
    defined(
      members.find(({ address }) => address === member.address),
      'the identity of a validator',
    ),
  )
  const identities = [...ordered, ...candidates]
  const rules = ledgerRules(genesis, modules.value, block.block.hash, crypto.verifier)
  return { genesis, block, rules, validators, identities, clients }
}

function genesisMember(publicKey: Uint8Array, name: string) {
  return { consensusKey: toHex(publicKey), peer: `/ip4/127.0.0.1/tcp/1/p2p/${'Q'.repeat(46)}`, name }
}
