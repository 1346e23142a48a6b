/** What an attacker looks up first: what is there to ask about, and what answers are described to look like. */
import { Ajv } from 'ajv'
import { privateKeyToAccount } from 'viem/accounts'
import { rpc } from '../../e2e/harness/raw-rpc.ts'
import type { Known } from './requests.ts'
import type { ResultCheck } from './verdict-on-answer.ts'

export interface Survey {
  readonly known: Known
  readonly check: ResultCheck
}

interface Document {
  readonly methods: readonly { readonly name: string; readonly result: { readonly schema: object } }[]
  readonly components: object
}

interface Block {
  readonly hash: string
  readonly miner: string
  readonly transactions: readonly string[]
}

/** Nobody has given this key anything, so nothing that it signs is ever taken. */
const POOR = privateKeyToAccount(`0x${'77'.repeat(32)}`)
const MODULES = ['0x0000000000000000000000000000000000001000', '0x0000000000000000000000000000000000001001']
const BLOCKS_MAX = 3
const GWEI = 10n ** 9n

export async function survey(url: string): Promise<Survey> {
  const [chainId, height] = await Promise.all([rpc<string>(url, 'eth_chainId'), rpc<string>(url, 'eth_blockNumber')])
  const heights = Array.from({ length: Math.min(BLOCKS_MAX, Number(height) + 1) }, (_, at) => Number(height) - at)
  const blocks = await Promise.all(
    heights.map((each) => rpc<Block>(url, 'eth_getBlockByNumber', [`0x${each.toString(16)}`, false])),
  )
  const known = {
    addresses: [POOR.address, ...MODULES, ...blocks.map(({ miner }) => miner)],
    hashes: blocks.flatMap(({ hash, transactions }) => [hash, ...transactions.slice(0, 2)]),
    envelopes: await envelopes(Number(chainId)),
  }
  return { known, check: checkBy(await rpc<Document>(url, 'rpc.discover')) }
}

/** Without the coins that they spend, of another chain, or of a type that there is not. */
function envelopes(chainId: number): Promise<readonly string[]> {
  const common = { chainId, nonce: 0, to: POOR.address, value: 1n, gas: 21_000n }
  const fees = { maxFeePerGas: 9n * GWEI, maxPriorityFeePerGas: GWEI }
  return Promise.all([
    POOR.signTransaction({ ...common, ...fees, type: 'eip1559' }),
    POOR.signTransaction({ ...common, gasPrice: 9n * GWEI, type: 'legacy' }),
    POOR.signTransaction({ ...common, gasPrice: 9n * GWEI, type: 'eip2930', accessList: [] }),
    POOR.signTransaction({ ...common, ...fees, type: 'eip1559', chainId: chainId + 1 }),
    POOR.signTransaction({ ...common, ...fees, type: 'eip7702', authorizationList: [] }),
  ])
}

function checkBy({ methods, components }: Document): ResultCheck {
  const ajv = new Ajv({ strict: false })
  const checks = new Map(
    methods.map(({ name, result }) => [name, ajv.compile({ ...result.schema, components })] as const),
  )
  return (method, result) => {
    const check = checks.get(method)
    if (check === undefined) return `${method} is not described`
    return check(result) ? undefined : `the result of ${method}: ${ajv.errorsText(check.errors)}`
  }
}
