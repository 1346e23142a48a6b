/** A ledger whose validators hold keys, and whose `validators` module is called and read as viem does it. */
import {
  type Abi,
  decodeErrorResult,
  decodeEventLog,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  stringToHex,
  toHex as viemHex,
} from 'viem'
import { fromHex, toHex, utf8 } from '../../../../src/base/bytes.ts'
import { defined } from '../../../../src/base/invariant.ts'
import { nobleRecoverer } from '../../../../src/crypto/backends/noble.ts'
import { possessionDigest, statementDigest } from '../../../../src/crypto/digests.ts'
import { keccak256, keccak256Hash } from '../../../../src/crypto/keccak.ts'
import { addressOfPublicKey, createSigner, type Signer } from '../../../../src/crypto/secp256k1.ts'
import { BlockExecution, type ExecutedBlock } from '../../../../src/ledger/block-execution.ts'
import { GOVERNANCE_CALL_GAS } from '../../../../src/ledger/gas.ts'
import { buildGenesisBlock } from '../../../../src/ledger/genesis/genesis-block.ts'
import { parseGenesis } from '../../../../src/ledger/genesis/parse-genesis.ts'
import { moduleRegistry } from '../../../../src/ledger/module-registry.ts'
import { validatorsAbi as abi } from '../../../../src/ledger/modules/validators/abi.ts'
import { type LedgerRules, ledgerRules } from '../../../../src/ledger/rules.ts'
import { simulateCall } from '../../../../src/ledger/simulate-call.ts'
import { wordsIn } from '../../../../src/ledger/storage-words.ts'
import { readParameters } from '../../../../src/ledger/system/parameters.ts'
import { SYSTEM_ADDRESS } from '../../../../src/ledger/system/system-account.ts'
import { readValidatorRecord, readValidators } from '../../../../src/ledger/system/validator-records.ts'
import type { WorldState } from '../../../../src/ledger/world-state.ts'
import { encodeEvidence } from '../../../../src/types/evidence.ts'
import type { Address, Epoch, Hash, Height } from '../../../../src/types/ids.ts'
import type { Receipt } from '../../../../src/types/receipt.ts'
import { voteStatement } from '../../../../src/types/signing-domain.ts'
import type { SignedTransaction } from '../../../../src/types/transaction.ts'
import { NOTHING_MISSED, transaction } from '../fixtures.ts'

const PEER_ID = '16Uiu2HAmV2gKpkuHGJ2Ss8wpTyHQyHjyEw5rPXzjHdCkcsRBWkjs'
export const PEER = `/ip4/127.0.0.1/tcp/30600/p2p/${PEER_ID}`
export const NO_EVIDENCE: Hex = `0x${'00'.repeat(32)}`
const FUNDS = 10n ** 24n

export interface LedgerOptions {
  readonly validators?: number
  readonly candidates?: number
  readonly genesis?: Readonly<Record<string, unknown>>
}

/** Whoever can sign: validators, candidates and strangers alike. */
export interface Member {
  readonly name: string
  readonly signer: Signer
  /** Its first key's address: its id. */
  readonly id: Address
  readonly key: Hex
}

export interface Call {
  readonly sender: Address
  readonly data: Uint8Array
}

export type Outcome = Pick<Receipt, 'status' | 'gasUsed' | 'effectiveGasPrice'> & {
  readonly events: readonly { readonly eventName: string; readonly args: Readonly<Record<string, unknown>> }[]
}

type CallName = Extract<(typeof abi)[number], { type: 'function'; stateMutability: 'nonpayable' }>['name']
type ViewName = Extract<(typeof abi)[number], { type: 'function'; stateMutability: 'view' }>['name']

/** The key of a name is the same in every run. */
export function memberNamed(name: string): Member {
  const signer = createSigner(keccak256(utf8(`key of ${name}`)))
  return { name, signer, id: addressOfPublicKey(signer.publicKey), key: toHex(signer.publicKey) }
}

export function callOf(sender: Member | Address, functionName: CallName, args: readonly unknown[]): Call {
  const data = fromHex(encodeFunctionData<Abi>({ abi, functionName, args }))
  return { sender: typeof sender === 'string' ? sender : sender.id, data }
}

export class GovernedLedger {
  readonly members: readonly Member[]
  readonly candidates: readonly Member[]
  readonly rules: LedgerRules
  readonly genesisHash: Hash
  state: WorldState
  height: Height = 0
  epoch: Epoch = 1
  /** Of the block before. */
  last: ExecutedBlock | undefined

  constructor({ validators = 4, candidates = 0, genesis: changes = {} }: LedgerOptions = {}) {
    // In the order of their ids, as the set is.
    const byId = (a: Member, b: Member) => (a.id < b.id ? -1 : 1)
    this.members = Array.from({ length: validators }, (_, n) => memberNamed(`validator ${n}`)).sort(byId)
    this.candidates = Array.from({ length: candidates }, (_, n) => memberNamed(`candidate ${n}`))
    const everybody = [...this.members, ...this.candidates, ...STRANGERS]
    const parsed = parseGenesis({
      chainId: 13371,
      name: 'test',
      timestamp: 1_700_000_000,
      validators: this.members.map(genesisOf),
      candidates: this.candidates.map(genesisOf),
      alloc: Object.fromEntries(everybody.map(({ id }) => [id, { balance: FUNDS.toString() }])),
      governance: { proposalBlocksMax: 100, readyBlocksMax: 50 },
      ...changes,
    })
    if (!parsed.ok) throw new Error(parsed.error.message)
    const modules = moduleRegistry(parsed.value.modules)
    if (!modules.ok) throw new Error(modules.error.message)
    const { block, state } = buildGenesisBlock(parsed.value, modules.value)
    this.genesisHash = block.hash
    this.rules = ledgerRules(parsed.value, modules.value, block.hash, nobleRecoverer)
    this.state = state
    this.block()
  }

  /** Makes a block of these calls, each with the next nonce of its sender. */
  block(...calls: readonly Call[]): readonly Outcome[] {
    this.height += 1
    const execution = new BlockExecution(this.rules, this.state, this.environment(this.height))
    const nonces = new Map<Address, number>()
    const receipts = calls.map(({ sender, data }) => {
      const nonce = nonces.get(sender) ?? this.state.account(sender).nonce
      nonces.set(sender, nonce + 1)
      const outcome = execution.apply(transaction({ ...CALLED, sender, nonce, data }))
      if (!outcome.ok) throw new Error(outcome.error.message)
      return outcome.value
    })
    this.last = execution.finish(NOTHING_MISSED)
    this.state = this.last.state
    if (this.last.end) this.epoch += 1
    return receipts.map(outcomeOf)
  }

  /** A block with this one call. */
  call(sender: Member | Address, functionName: CallName, args: readonly unknown[]): Outcome {
    const [outcome] = this.block(callOf(sender, functionName, args))
    return defined(outcome, 'an outcome')
  }

  /** Blocks without calls. */
  pass(blocks: number): void {
    for (let n = 0; n < blocks; n++) this.block()
  }

  read(functionName: ViewName, args: readonly unknown[] = []): unknown {
    const data = fromHex(encodeFunctionData<Abi>({ abi, functionName, args }))
    const outcome = this.#simulated({ sender: STRANGER.id, data })
    if (outcome.status !== 'returned') throw new Error(`reverted: ${toHex(outcome.data)}`)
    return decodeFunctionResult<Abi>({ abi, functionName, data: toHex(outcome.data) })
  }

  /** The error of a call that would revert now, with its arguments: `BadKey(form)`. */
  refusal(sender: Member | Address, functionName: CallName | ViewName, args: readonly unknown[] = []): string {
    const outcome = this.#simulated(callOf(sender, functionName as CallName, args))
    if (outcome.status !== 'reverted') return outcome.status
    if (outcome.data.length === 0) return 'no reason'
    const { errorName, args: reasons = [] } = decodeErrorResult<Abi>({ abi, data: toHex(outcome.data) })
    return reasons.length === 0 ? errorName : `${errorName}(${reasons.join(', ')})`
  }

  /** Of possession, for an addition. */
  proof(member: Member, genesisHash: Hash = this.genesisHash): Hex {
    return this.proofFor(member.id, member, genesisHash)
  }

  /** Of possession, for a rotation of this validator. */
  proofFor(owner: Address, { signer }: Member, genesisHash: Hash = this.genesisHash): Hex {
    return toHex(signer.sign(possessionDigest(genesisHash, signer.publicKey, owner)).signature)
  }

  /** Opens the proposal and gives it the votes of these validators; the id that it has. */
  decide(by: readonly Member[], functionName: CallName, args: readonly unknown[]): bigint {
    const [first] = by
    const opened = this.call(defined(first, 'a proposer'), functionName, args)
    const id = opened.events.find(({ eventName }) => eventName === 'Proposed')?.args['id']
    if (typeof id !== 'bigint') throw new Error('no proposal was opened')
    this.block(...by.map((member) => callOf(member, 'vote', [id, true])))
    return id
  }

  /** Two votes of one view, as whoever stands at this place of the epoch's set signed them. */
  doubleVote(member: Member, options: { readonly view?: number; readonly epoch?: Epoch; chain?: Hash } = {}): Hex {
    const { view = 7, epoch = this.epoch, chain = this.genesisHash } = options
    const signer = this.validators.findIndex(({ address }) => address === member.id)
    const [first, second] = ['A', 'B'].map((name) => {
      const vote = { epoch, view, blockHash: keccak256Hash(utf8(name)), justifyView: view - 1, signer }
      return { ...vote, signature: member.signer.sign(statementDigest(chain, voteStatement(vote as never))).signature }
    })
    return toHex(encodeEvidence({ kind: 'doubleVote', first: defined(first, 'one'), second: defined(second, 'two') }))
  }

  /** Says with the state of the latest block that it is ready. */
  readyCall(candidate: Member, height = this.height): Call {
    return callOf(candidate, 'ready', [BigInt(height), this.state.root])
  }

  get validators() {
    return readValidators(this.#words)
  }

  get ids(): readonly Address[] {
    return this.validators.map(({ address }) => address)
  }

  record(member: Member) {
    return defined(readValidatorRecord(this.#words, member.id), `the record of ${member.name}`)
  }

  get supply(): bigint {
    const everybody = [...this.members, ...this.candidates, ...STRANGERS]
    return everybody.reduce((sum, { id }) => sum + this.state.account(id).balance, 0n)
  }

  environment(height: Height) {
    const { baseFeePerGas, gasLimit } = readParameters(this.#words)
    const [proposer] = this.validators
    const { address } = defined(proposer, 'a validator')
    return {
      ...{ height, timeMs: 1_700_000_000_000 + height, proposer: address, feeRecipient: address },
      ...{ parentHash: keccak256Hash(utf8(`block ${height - 1}`)), parentStateRoot: this.state.root },
      ...{ epoch: this.epoch, gasLimit, baseFeePerGas },
    }
  }

  #simulated({ sender, data }: Call) {
    const request = { from: sender, to: SYSTEM_ADDRESS, value: 0n, data, gasLimit: CALLED.gasLimit }
    const outcome = simulateCall(this.rules, this.state, this.environment(this.height + 1), request)
    if (!outcome.ok) throw new Error(outcome.error.message)
    return outcome.value
  }

  get #words() {
    return wordsIn(this.state, SYSTEM_ADDRESS)
  }
}

/** Nobody's validator. */
export const STRANGER: Member = memberNamed('stranger')
/** Who may be appointed. */
export const NEWCOMER: Member = memberNamed('newcomer')
const STRANGERS = [STRANGER, NEWCOMER, ...[1, 2, 3].map((n) => memberNamed(`newcomer ${n}`))]
/** With the gas that nodes give. */
const CALLED = { to: SYSTEM_ADDRESS, gasLimit: GOVERNANCE_CALL_GAS } satisfies Partial<SignedTransaction>

function genesisOf({ name, key }: Member) {
  return { consensusKey: key, peer: PEER, name }
}

function outcomeOf({ status, gasUsed, effectiveGasPrice, logs }: Receipt): Outcome {
  const events = logs.map(({ topics, data }) => {
    const { eventName, args } = decodeEventLog({ abi, topics: topics as never, data: toHex(data) })
    return { eventName: eventName, args: args }
  })
  return { status, gasUsed, effectiveGasPrice, events }
}

/** As `stringToHex(name, { size: 32 })` names a parameter, and as wallets encode a number. */
export function parameter(name: string, value: bigint): readonly [Hex, Hex] {
  return [stringToHex(name, { size: 32 }), viemHex(value)]
}

export function names(outcome: Outcome | undefined): readonly string[] {
  return (outcome?.events ?? []).map(({ eventName }) => eventName)
}
