/** `tertia tx`: sending a transfer and looking at transactions. */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { EMPTY_BYTES, fromHex, isHex, toHex } from '../../base/bytes.ts'
import { defined } from '../../base/invariant.ts'
import { keccak256Hash } from '../../crypto/keccak.ts'
import { createSigner, isPrivateKey } from '../../crypto/secp256k1.ts'
import { signTransaction } from '../../crypto/transaction-codec.ts'
import { EXIT } from '../../node/exit-codes.ts'
import { publicKeyOf, readConsensusKey, readPassphrase } from '../../node/keys/key-file.ts'
import { type Address, type Hash, parseAddress } from '../../types/ids.ts'
import { formatCoins, parseCoins } from '../coins.ts'
import { CliFailure, fail, unwrap } from '../failure.ts'
import { type CliIo, show } from '../io.ts'
import { hash, httpUrl, integer } from '../options.ts'
import { RefusedRequest, RPC_URL_DEFAULT, RpcClient } from '../rpc-client.ts'
import { ACCOUNTS_MAX, DEVNET_CHAIN_ID, devAccounts } from '../supervision/dev-accounts.ts'

const RECEIPT_INTERVAL_MS = 50
const INDEX = /^\d{1,3}$/

interface SendOptions {
  readonly from: string
  readonly to: string
  readonly value: bigint
  readonly rpc: string
  readonly wait?: true
  readonly timeout: number
  readonly json?: true
}

interface ShowOptions {
  readonly rpc: string
  readonly json?: true
}

interface Receipt {
  readonly status: string
  readonly blockNumber: string
  readonly gasUsed: string
  readonly effectiveGasPrice: string
}

interface RpcTransaction {
  readonly hash: Hash
  readonly from: Address
  readonly to: Address
  readonly nonce: string
  readonly value: string
  readonly blockNumber: string | null
}

export function registerTx(program: Command, io: CliIo): void {
  const tx = program.command('tx').description('send and show transactions')
  tx.command('send')
    .description('send coins')
    .requiredOption('--from <sender>', 'private key, key file, or number of a devnet account')
    .requiredOption('--to <recipient>', 'address, or number of a devnet account')
    .requiredOption('--value <coins>', 'amount in coins, as in 1.5', coins)
    .option('--rpc <url>', 'node to ask', httpUrl, RPC_URL_DEFAULT)
    .option('--wait', 'wait until the transaction is final')
    .option('--timeout <seconds>', 'how long to wait', integer(1, 3_600), 60)
    .option('--json', 'print JSON')
    .action((options: SendOptions) => send(options, io))
  tx.command('show')
    .description('print a transaction and its receipt')
    .argument('<hash>', 'hash of the transaction', hash)
    .option('--rpc <url>', 'node to ask', httpUrl, RPC_URL_DEFAULT)
    .option('--json', 'print JSON')
    .action((id: Hash, options: ShowOptions) => showTransaction(id, options, io))
}

function coins(text: string): bigint {
  const wei = parseCoins(text)
  if (wei !== undefined) return wei
  throw new InvalidArgumentError('Expected an amount such as 1 or 0.25.')
}

async function send(options: SendOptions, io: CliIo): Promise<void> {
  const rpc = new RpcClient(options.rpc)
  const chainId = Number(await rpc.call<string>('eth_chainId'))
  const key = senderKey(options.from, chainId)
  const envelope = await signTransfer(rpc, chainId, key, recipient(options.to, chainId), options.value)
  const sent = keccak256Hash(envelope)
  await submit(rpc, envelope, sent, options)
  if (options.wait !== true) {
    show(io, options.json, { hash: sent }, () => sent)
    return
  }
  const receipt = await awaitReceipt(rpc, sent, options)
  const cost = BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice)
  const outcome = { hash: sent, height: Number(receipt.blockNumber), status: Number(receipt.status), fee: cost }
  show(io, options.json, outcome, () => `${sent}\nfinal in block ${outcome.height}, fee ${formatCoins(cost)}`)
  if (outcome.status !== 1) fail('the transaction was reverted')
}

/** Only a refusal means that the node has not taken it. */
async function submit(rpc: RpcClient, envelope: Uint8Array, id: Hash, options: SendOptions): Promise<void> {
  try {
    await rpc.call<Hash>('eth_sendRawTransaction', [toHex(envelope)])
  } catch (error) {
    if (error instanceof RefusedRequest || !(error instanceof CliFailure)) throw error
    failOnceSent(`${id} may have been sent, ${error.message}`, id, options)
  }
}

/** Never with the code that says "the same again": it would pay twice. */
function failOnceSent(outcome: string, id: Hash, { rpc }: SendOptions): never {
  fail(`${outcome}; to send again may pay twice: ask with "tertia tx show ${id} --rpc ${rpc}"`)
}

async function signTransfer(rpc: RpcClient, chainId: number, key: Uint8Array, to: Address, value: bigint) {
  const from = publicKeyOf(key).address
  const [nonce, gas, tip, head] = await Promise.all([
    rpc.call<string>('eth_getTransactionCount', [from, 'pending']),
    rpc.call<string>('eth_estimateGas', [{ from, to, value: `0x${value.toString(16)}` }]),
    rpc.call<string>('eth_maxPriorityFeePerGas'),
    rpc.call<{ readonly baseFeePerGas: string }>('eth_getBlockByNumber', ['latest', false]),
  ])
  const maxPriorityFeePerGas = BigInt(tip)
  const fields = {
    type: 2,
    chainId,
    nonce: Number(nonce),
    gasLimit: Number(gas),
    to,
    value,
    data: EMPTY_BYTES,
    accessList: [],
    // Twice the base fee, as wallets do: it may rise before the transaction is included.
    maxFeePerGas: 2n * BigInt(head.baseFeePerGas) + maxPriorityFeePerGas,
    maxPriorityFeePerGas,
  } as const
  return signTransaction(fields, createSigner(key))
}

function senderKey(text: string, chainId: number): Uint8Array {
  if (INDEX.test(text)) return devAccount(text, chainId).privateKey
  const bytes = isHex(text) ? fromHex(text) : undefined
  if (bytes !== undefined) return isPrivateKey(bytes) ? bytes : fail('--from is no private key', EXIT.usage)
  if (!existsSync(text)) fail('--from is no private key, key file or number of a devnet account', EXIT.usage)
  return unwrap(readConsensusKey(text, unwrap(readPassphrase(null))))
}

function recipient(text: string, chainId: number): Address {
  if (INDEX.test(text)) return devAccount(text, chainId).address
  return parseAddress(text) ?? fail('--to is no address or number of a devnet account', EXIT.usage)
}

/** Keys that everybody knows are offered where they are meant, and nowhere else. */
function devAccount(text: string, chainId: number) {
  if (chainId !== DEVNET_CHAIN_ID)
    fail(`accounts have numbers on the devnet (chain ${DEVNET_CHAIN_ID}) only: this is chain ${chainId}`, EXIT.usage)
  const index = Number(text)
  if (index >= ACCOUNTS_MAX) fail(`the devnet has at most ${ACCOUNTS_MAX} accounts`, EXIT.usage)
  const [account] = devAccounts(1, index)
  return defined(account, 'the devnet account')
}

async function awaitReceipt(rpc: RpcClient, id: Hash, options: SendOptions): Promise<Receipt> {
  const deadline = Date.now() + options.timeout * 1000
  while (Date.now() < deadline) {
    const receipt = await receiptOf(rpc, id, options)
    if (receipt !== null) return receipt
    await sleep(RECEIPT_INTERVAL_MS)
  }
  return failOnceSent(`${id} was sent and is not final after ${options.timeout} s`, id, options)
}

async function receiptOf(rpc: RpcClient, id: Hash, options: SendOptions): Promise<Receipt | null> {
  try {
    return await rpc.call<Receipt | null>('eth_getTransactionReceipt', [id])
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error
    return failOnceSent(`${id} was sent, ${error.message}`, id, options)
  }
}

async function showTransaction(id: Hash, options: ShowOptions, io: CliIo): Promise<void> {
  const rpc = new RpcClient(options.rpc)
  const [transaction, receipt] = await Promise.all([
    rpc.call<RpcTransaction | null>('eth_getTransactionByHash', [id]),
    rpc.call<Receipt | null>('eth_getTransactionReceipt', [id]),
  ])
  if (transaction === null) return fail(`the node knows no transaction ${id}`)
  show(io, options.json, { transaction, receipt }, () =>
    [
      `hash    ${transaction.hash}`,
      `from    ${transaction.from}   nonce ${Number(transaction.nonce)}`,
      `to      ${transaction.to}`,
      `value   ${formatCoins(BigInt(transaction.value))}`,
      receipt === null ? 'status  pending' : `status  ${outcomeOf(receipt)} in block ${Number(receipt.blockNumber)}`,
    ].join('\n'),
  )
}

function outcomeOf({ status }: Receipt): string {
  return Number(status) === 1 ? 'final' : 'reverted, final'
}
