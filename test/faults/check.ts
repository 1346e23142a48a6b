/** What has to hold once all replicas run again, whatever was done to them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { account, GENESIS_BALANCE } from '../e2e/harness/clients.ts'
import type { Devnet } from '../e2e/harness/devnet.ts'
import { eventually } from '../e2e/harness/processes.ts'
import { ask, type RpcAnswer } from '../e2e/harness/raw-rpc.ts'
import type { Acknowledged } from './history.ts'
import { SignatureBook } from './signatures.ts'

const BATCH = 100
const HEAL_TIMEOUT_MS = 60_000

interface Block {
  readonly hash: Hex
  readonly stateRoot: Hex
}

/** Resolves with the height that all replicas have reached. */
export function healed(devnet: Devnet): Promise<number> {
  return eventually(
    'all replicas at one height',
    async () => {
      const statuses = await Promise.all(devnet.replicas.map(({ index }) => devnet.status(index)))
      const [first] = statuses
      const isOne = statuses.every(({ height, syncing, live }) => height === first?.height && live && !syncing)
      return isOne ? first?.height : undefined
    },
    HEAL_TIMEOUT_MS,
  )
}

/** Every receipt that a client saw is there, the same on every replica. */
export async function findLost(devnet: Devnet, acknowledged: readonly Acknowledged[]): Promise<readonly string[]> {
  const faults: string[] = []
  for (const { index } of devnet.replicas) {
    const hashes = acknowledged.map(({ hash }) => [hash])
    const receipts = await askAll<Acknowledged>(devnet.url(index), 'eth_getTransactionReceipt', hashes)
    for (const [position, told] of acknowledged.entries()) {
      const found = receipts[position]
      const isSame = (['blockHash', 'blockNumber', 'transactionIndex', 'status'] as const).every(
        (name) => found?.[name] === told[name],
      )
      if (!isSame)
        faults.push(`replica ${index} on ${told.hash}: told ${told.blockNumber}, found ${found?.blockNumber}`)
    }
  }
  return faults
}

/** One block, with one state root, at every height. */
export async function findForks(devnet: Devnet, height: number): Promise<readonly string[]> {
  const numbers = Array.from({ length: height + 1 }, (_, number) => [`0x${number.toString(16)}`, false])
  const chains = await Promise.all(
    devnet.replicas.map(({ index }) => askAll<Block>(devnet.url(index), 'eth_getBlockByNumber', numbers)),
  )
  return numbers.flatMap(([number], position) => {
    const names = chains.map((chain) => `${chain[position]?.hash} ${chain[position]?.stateRoot}`)
    return new Set(names).size === 1 ? [] : [`block ${number}: ${names.join(', ')}`]
  })
}

/** Nothing is burnt, so all coins are with the accounts of genesis and with those who proposed. */
export async function findLostCoins(devnet: Devnet, accounts: number): Promise<readonly string[]> {
  const holders = [
    ...Array.from({ length: accounts }, (_, index) => account(index).address),
    ...devnet.replicas.map(({ address }) => address),
  ]
  const faults: string[] = []
  for (const { index } of devnet.replicas) {
    const parameters = holders.map((holder) => [holder, 'latest'])
    const balances = await askAll<Hex>(devnet.url(index), 'eth_getBalance', parameters)
    const sum = balances.reduce((total, balance) => total + BigInt(balance), 0n)
    const supply = BigInt(accounts) * GENESIS_BALANCE
    if (sum !== supply) faults.push(`replica ${index} holds ${sum} of ${supply}`)
  }
  return faults
}

/** Of replicas that are stopped. */
export function readSignatures(devnet: Devnet): SignatureBook {
  const { genesisHash } = JSON.parse(readFileSync(join(devnet.data, 'settings.json'), 'utf8')) as {
    readonly genesisHash: string
  }
  const book = new SignatureBook()
  for (const { dataDir } of devnet.replicas) book.readJournal(dataDir, genesisHash)
  return book
}

/** Stops the devnet, and looks at how it ended and at what its logs complain of. */
export async function stopAndLook(devnet: Devnet, excused = /^$/): Promise<readonly string[]> {
  const { code, stdout, stderr } = await devnet.stop()
  const complaints = [...findComplaints(devnet), ...(stdout.match(/^.* ended: exit code .*$/gm) ?? [])]
  const found = complaints.filter((line) => !excused.test(line))
  return code === 0 ? found : [`the devnet ended with ${code}: ${stderr}`, ...found]
}

/** Lines of the logs that no fault of a process excuses. */
function findComplaints(devnet: Devnet): readonly string[] {
  return devnet.replicas.flatMap(({ index }) =>
    devnet
      .log(index)
      .split('\n')
      .filter((line) => / ERROR |contradicted itself|halted/.test(line))
      .map((line) => `replica ${index}: ${line}`),
  )
}

async function askAll<T>(url: string, method: string, parameters: readonly (readonly unknown[])[]): Promise<T[]> {
  const results: T[] = []
  for (let from = 0; from < parameters.length; from += BATCH) {
    const requests = parameters.slice(from, from + BATCH).map((params, id) => ({ jsonrpc: '2.0', id, method, params }))
    const answers = (await ask(url, requests)) as readonly RpcAnswer[]
    results.push(...answers.map(({ result }) => result as T))
  }
  return results
}
