/** What is wrong is refused in the words that libraries look for, by a node that runs (docs/json-rpc.md, "Errors"). */
import { JsonRpcProvider } from 'ethers'
import {
  type BaseError,
  concatHex,
  FeeCapTooLowError,
  type Hex,
  InsufficientFundsError,
  IntrinsicGasTooLowError,
  keccak256,
  MethodNotFoundRpcError,
  NonceTooHighError,
  NonceTooLowError,
  numberToHex,
  parseTransaction,
  serializeTransaction,
  TipAboveFeeCapError,
  TransactionRejectedRpcError,
  type TransactionSerializableEIP1559,
  TransactionTypeNotSupportedError,
  toRlp,
} from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import { account, CHAIN_ID, freshAddress, GENESIS_BALANCE, reader, receiptFrom, wallet } from './harness/clients.ts'
import { ask, post, type RpcAnswer, rpc, rpcFailure } from './harness/raw-rpc.ts'
import { useDevnet } from './harness/use-devnet.ts'

const devnet = useDevnet()
const sender = account(0)
/** Has a transaction that waits behind a gap. */
const waiting = account(1)
const WAITING_NONCE = 3
const GWEI = 10n ** 9n
const MIB = 1024 * 1024
/** Of the group that secp256k1 signs in. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

type Fields = Partial<TransactionSerializableEIP1559>

/** A transfer that would be taken: nonce 0 of the sender was used before the tests. */
function transfer(fields: Fields = {}) {
  const caps = { maxFeePerGas: 3n * GWEI, maxPriorityFeePerGas: GWEI }
  const rest = { chainId: CHAIN_ID, nonce: 1, to: freshAddress(), value: 1n, gas: 21_000n }
  return { type: 'eip1559', ...rest, ...caps, ...fields } as const
}

function signed(fields: Fields = {}, from = sender): Promise<Hex> {
  return from.signTransaction(transfer(fields))
}

/** The same signature in its other form: (r, n - s) with the other parity. */
async function withHighS(): Promise<Hex> {
  const { r, s, yParity, ...fields } = parseTransaction(await signed()) as Required<TransactionSerializableEIP1559> & {
    readonly r: Hex
    readonly s: Hex
    readonly yParity: number
  }
  const high = CURVE_ORDER - BigInt(s)
  return serializeTransaction(fields, { r, s: numberToHex(high, { size: 32 }), yParity: 1 - yParity })
}

/** 5 is the first coordinate of no point of the curve: nobody can have signed this. */
function withoutSigner(): Promise<Hex> {
  return Promise.resolve(serializeTransaction(transfer(), { r: '0x5', s: '0x1', yParity: 0 }))
}

/** From before EIP-155: it could be sent again on another chain. */
function unprotected(): Promise<Hex> {
  const { to, value, gas } = transfer()
  return sender.signTransaction({ type: 'legacy', nonce: 1, to, value, gas, gasPrice: 3n * GWEI })
}

interface Refused {
  readonly what: string
  readonly raw: () => Promise<Hex>
  readonly code: number
  readonly message: string
  readonly ethers?: string
}

const tooLarge = `0x02${'00'.repeat(200_000)}` as const

const REFUSED: readonly Refused[] = [
  {
    what: 'another chain id',
    raw: () => signed({ chainId: 1 }),
    code: -32000,
    message: `invalid chain id for signer: have 1 want ${CHAIN_ID}`,
  },
  { what: 'a high s', raw: withHighS, code: -32000, message: 'invalid transaction v, r, s values' },
  { what: 'a signature of nobody', raw: withoutSigner, code: -32000, message: 'invalid sender' },
  {
    what: 'a nonce that was used',
    raw: () => signed({ nonce: 0 }),
    code: -32000,
    message: 'nonce too low',
    ethers: 'NONCE_EXPIRED',
  },
  { what: 'a nonce beyond the gap', raw: () => signed({ nonce: 66 }), code: -32000, message: 'nonce too high' },
  {
    what: 'more than the sender has',
    raw: () => signed({ value: GENESIS_BALANCE }),
    code: -32000,
    message: 'insufficient funds for gas * price + value',
    ethers: 'INSUFFICIENT_FUNDS',
  },
  {
    what: 'a replacement for no more',
    raw: () => signed({ nonce: WAITING_NONCE, value: 2n }, waiting),
    code: -32000,
    message: 'replacement transaction underpriced',
    ethers: 'REPLACEMENT_UNDERPRICED',
  },
  {
    what: 'a cap below the base fee',
    raw: () => signed({ maxFeePerGas: 1n, maxPriorityFeePerGas: 0n }),
    code: -32000,
    message: 'max fee per gas less than block base fee',
  },
  { what: 'too little gas', raw: () => signed({ gas: 20_999n }), code: -32000, message: 'intrinsic gas too low' },
  {
    what: 'no replay protection',
    raw: unprotected,
    code: -32000,
    message: 'only replay-protected (EIP-155) transactions allowed over RPC',
    ethers: 'UNSUPPORTED_OPERATION',
  },
  {
    what: 'a blob transaction',
    raw: () => Promise.resolve(concatHex(['0x03', toRlp([])])),
    code: -32000,
    message: 'transaction type not valid',
  },
  {
    what: 'a set-code transaction',
    raw: () => Promise.resolve(concatHex(['0x04', toRlp([])])),
    code: -32000,
    message: 'transaction type not valid',
  },
  {
    what: 'a contract',
    raw: () => signed({ to: undefined, data: '0x60006000', gas: 100_000n }),
    code: -32003,
    message: 'transaction rejected: contract creation not supported',
  },
  {
    what: 'a transaction above the size limit',
    raw: () => Promise.resolve(tooLarge),
    code: -32000,
    message: 'oversized data',
  },
]

describe('a transaction is refused', () => {
  beforeAll(async () => {
    const hash = await wallet(devnet().url(0), 0).sendTransaction({ to: freshAddress(), value: 1n })
    await receiptFrom(devnet().url(1), hash)
    await reader(devnet().url(0)).sendRawTransaction({
      serializedTransaction: await signed({ nonce: WAITING_NONCE }, waiting),
    })
  })

  it.each(REFUSED)('with $what, in the words of docs/json-rpc.md', async ({ raw, code, message, ethers }) => {
    const envelope = await raw()
    const failure = await rpcFailure(devnet().url(0), 'eth_sendRawTransaction', [envelope])
    expect(failure.message).toContain(message)
    expect(failure.code).toBe(code)
    if (ethers === undefined) return
    const provider = new JsonRpcProvider(devnet().url(0))
    await expect(provider.broadcastTransaction(envelope)).rejects.toMatchObject({ code: ethers })
    provider.destroy()
  })

  it('when it is no RLP, cut off or padded', async () => {
    const good = await signed()
    for (const envelope of ['0x', '0x02', '0xc0', '0x02c0', '0x80', '0xf86b', good.slice(0, -2), `${good}00`]) {
      const { code, message } = await rpcFailure(devnet().url(0), 'eth_sendRawTransaction', [envelope])
      expect([-32602, -32000], `${envelope}: ${message}`).toContain(code)
    }
    expect((await rpcFailure(devnet().url(0), 'eth_sendRawTransaction', [good.slice(0, -2)])).code).toBe(-32602)
  })

  it('with a tip above the cap', async () => {
    // Libraries do not even sign it. Whose signature it is makes no difference.
    const numbers = [CHAIN_ID, 1, 2n * GWEI, GWEI, 21_000].map((value) => numberToHex(value))
    const envelope = concatHex(['0x02', toRlp([...numbers, freshAddress(), '0x01', '0x', [], '0x01', '0x05', '0x01'])])
    const failure = await rpcFailure(devnet().url(0), 'eth_sendRawTransaction', [envelope])
    expect(failure.message).toContain('max priority fee per gas higher than max fee per gas')
    expect(failure.code).toBe(-32000)
  })

  it('but not when it is known already: its hash is the answer, final or not', async () => {
    const send = (envelope: Hex) => rpc<Hex>(devnet().url(0), 'eth_sendRawTransaction', [envelope])
    const behindGap = await signed({ nonce: WAITING_NONCE + 1 }, waiting)
    expect(await send(behindGap)).toBe(keccak256(behindGap))
    expect(await send(behindGap)).toBe(keccak256(behindGap))
    const envelope = await signed({ nonce: 0 }, account(2))
    const hash = await send(envelope)
    await receiptFrom(devnet().url(0), hash)
    expect(await send(envelope)).toBe(hash)
  })
})

describe('viem names the error', () => {
  it.each([
    { type: NonceTooLowError, fields: { nonce: 0 } },
    { type: NonceTooHighError, fields: { nonce: 66 } },
    { type: InsufficientFundsError, fields: { value: GENESIS_BALANCE } },
    { type: FeeCapTooLowError, fields: { maxFeePerGas: 1n, maxPriorityFeePerGas: 0n } },
    { type: IntrinsicGasTooLowError, fields: { gas: 20_999n } },
    { type: TransactionRejectedRpcError, fields: { to: undefined, data: '0x60006000' as const, gas: 100_000n } },
  ])('$type.name', async ({ type, fields }) => {
    const sent = wallet(devnet().url(0), 0).sendTransaction(transfer(fields))
    await expect(sent).rejects.toSatisfy((error: BaseError) => error.walk((cause) => cause instanceof type) !== null)
  })

  it('TransactionTypeNotSupportedError', async () => {
    const client = wallet(devnet().url(0), 0)
    const delegation = { contractAddress: freshAddress(), chainId: CHAIN_ID, nonce: 1 }
    const authorizationList = [await client.signAuthorization(delegation)]
    const sent = client.sendTransaction({ ...transfer({ gas: 100_000n }), type: 'eip7702', authorizationList })
    await expect(sent).rejects.toSatisfy(
      (error: BaseError) => error.walk((cause) => cause instanceof TransactionTypeNotSupportedError) !== null,
    )
  })

  it('TipAboveFeeCapError, before it sends anything', async () => {
    const sent = wallet(devnet().url(0), 0).sendTransaction(transfer({ maxPriorityFeePerGas: 4n * GWEI }))
    await expect(sent).rejects.toSatisfy(
      (error: BaseError) => error.walk((cause) => cause instanceof TipAboveFeeCapError) !== null,
    )
  })

  it('MethodNotFoundRpcError', async () => {
    const request = reader(devnet().url(0)).request({ method: 'eth_sign' as 'eth_chainId' })
    await expect(request).rejects.toBeInstanceOf(MethodNotFoundRpcError)
  })
})

describe('a request is refused, with HTTP 200,', () => {
  const failureOf = async (body: string | Uint8Array<ArrayBuffer>) =>
    ((await post(devnet().url(0), body)) as RpcAnswer).error

  it('for a method that is not there', async () => {
    expect(await rpcFailure(devnet().url(0), 'eth_sign')).toEqual({
      code: -32601,
      message: 'the method eth_sign does not exist/is not available',
    })
    const provider = new JsonRpcProvider(devnet().url(0))
    await expect(provider.send('eth_sign', [])).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATION' })
    provider.destroy()
  })

  it.each([
    ['eth_getBalance', []],
    ['eth_getBalance', ['0x12']],
    ['eth_getBalance', [freshAddress(), 'yesterday']],
    ['eth_getBlockByNumber', ['0x01', false]],
    ['eth_getBlockByNumber', ['latest', 'yes']],
    ['eth_sendRawTransaction', ['0x123']],
    ['eth_sendRawTransaction', [7]],
    ['eth_getTransactionReceipt', [`0x${'11'.repeat(31)}`]],
    ['eth_chainId', ['too', 'many']],
  ])('for wrong parameters: %s %j', async (method, params) => {
    expect((await rpcFailure(devnet().url(0), method, params)).code).toBe(-32602)
  })

  it('for what is no JSON', async () => {
    expect((await failureOf('{"jsonrpc":'))?.code).toBe(-32700)
    expect((await failureOf(new Uint8Array([0xff, 0xfe])))?.code).toBe(-32700)
  })

  it('for a body above 1 MiB', async () => {
    const failure = await failureOf(`{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":["${'x'.repeat(MIB)}"]}`)
    expect(failure).toEqual({ code: -32600, message: `request body too large: at most ${MIB} bytes` })
  })

  it('for a batch above 100', async () => {
    const batch = (count: number) =>
      Array.from({ length: count }, (_, id) => ({ jsonrpc: '2.0', id, method: 'eth_chainId' }))
    const answer = (await ask(devnet().url(0), batch(101))) as RpcAnswer
    expect(answer.error).toEqual({ code: -32600, message: 'batch too large: at most 100 requests' })
    expect(await ask(devnet().url(0), batch(100))).toHaveLength(100)
  })
})
