/** Reads of a server that lies, in a network whose epochs turn: each lie is found out, by proof or by asking others. */
import {
  createPublicClient,
  createWalletClient,
  custom,
  encodeFunctionData,
  http,
  numberToHex,
  parseAbi,
  type TransactionReceipt,
  webSocket,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Difference, quorum, type VerificationCode, VerificationError, verified } from '../../src/client/client.ts'
import {
  flipped,
  honest,
  type Json,
  type Lie,
  type LyingServer,
  lieInProof,
  lieInSets,
  lieTo,
  serveLies,
} from './lies.ts'
import { ask, chainOf, type SingleNode, startSingleNode } from './single-node.ts'

const CHAIN_ID = 13_371
/** A block begins each epoch by itself, so that these are reached by transactions only. */
const EPOCH_BLOCKS = 2
const MODULE = '0x0000000000000000000000000000000000001001'
const KEY = `0x${'ab'.repeat(32)}` as const
const OTHER_KEY = '0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const ABSENT = `0x${'99'.repeat(20)}` as const
const account = mnemonicToAccount('test test test test test test test test test test test junk')
const abi = parseAbi(['function put(bytes32 key, bytes value)'])

let node: SingleNode
let receipt: TransactionReceipt
let transferBlock: bigint

beforeAll(async () => {
  node = await startSingleNode({
    chainId: CHAIN_ID,
    consensus: { epochBlocksMax: EPOCH_BLOCKS, epochMsMin: 0 },
    alloc: { [account.address]: { balance: '0xc097ce7bc90715b34b9f' } },
  })
  const wallet = createWalletClient({ account, chain: chainOf(CHAIN_ID, node.url), transport: http(node.url) })
  transferBlock = (await wallet.sendTransactionSync({ to: ABSENT, value: 7n, type: 'legacy' })).blockNumber
  const data = encodeFunctionData({ abi, functionName: 'put', args: [KEY, '0x01'] })
  receipt = await wallet.sendTransactionSync({ to: MODULE, data })
}, 120_000)

afterAll(() => node.stop())

function clientOf(lie: Lie, options: { genesis?: string; headAgeMsMax?: number } = {}) {
  const transport = custom(
    {
      request: async ({ method, params }: { method: string; params?: readonly unknown[] }) =>
        lie(method, await ask(node.url, method, ...(params ?? [])), params ?? []),
    },
    { retryCount: 0 },
  )
  return createPublicClient({ transport: verified(transport, { genesis: node.genesisHash, ...options }) })
}

async function lieFound(read: Promise<unknown>): Promise<string> {
  try {
    await read
    return 'nothing'
  } catch (error) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      if (cause instanceof VerificationError) return cause.code
    }
    return String(error)
  }
}

describe('verified', () => {
  it('gives what an honest server proves, as viem gives it unverified', async () => {
    const [own, plain] = [clientOf(honest), createPublicClient({ transport: http(node.url) })]
    const hash = receipt.transactionHash
    for (const client of [own, plain]) expect(await client.getBalance({ address: ABSENT })).toBe(7n)
    expect(await own.getBlockNumber()).toBe(await plain.getBlockNumber())
    expect(await own.getTransactionCount({ address: account.address })).toBe(2)
    expect(await own.getTransactionCount({ address: account.address, blockTag: 'pending' })).toBe(2)
    expect(await own.getCode({ address: MODULE })).toBe('0xfe')
    expect(await own.getStorageAt({ address: MODULE, slot: KEY })).toBe(`0x${'00'.repeat(32)}`)
    expect(await own.getBlock({ includeTransactions: true })).toEqual(
      await plain.getBlock({ includeTransactions: true }),
    )
    expect(await own.getBlock({ blockNumber: transferBlock })).toEqual(
      await plain.getBlock({ blockNumber: transferBlock }),
    )
    expect(await own.getTransaction({ hash })).toEqual(await plain.getTransaction({ hash }))
    expect(await own.getTransactionReceipt({ hash })).toEqual(await plain.getTransactionReceipt({ hash }))
    expect(await own.getProof({ address: MODULE, storageKeys: [KEY] })).toEqual(
      await plain.getProof({ address: MODULE, storageKeys: [KEY] }),
    )
  })

  it('lets a wallet send, and tells final from pending', async () => {
    const transport = verified(http(node.url), { genesis: node.genesisHash })
    const wallet = createWalletClient({ account, chain: chainOf(CHAIN_ID, node.url), transport })
    const hash = await wallet.sendTransaction({ to: ABSENT, value: 1n })
    const client = createPublicClient({ transport, pollingInterval: 50 })
    expect((await client.waitForTransactionReceipt({ hash })).status).toBe('success')
  })

  it('gives nothing of a proof that is not proven', async () => {
    // Not at latest, which may move between the two reads.
    const params = [MODULE, [KEY, '0x1'], numberToHex(receipt.blockNumber)]
    const entry = { key: '0x2', value: '0x7', proof: [] }
    const embellished = lieTo('eth_getProof', (proof: Json & { storageProof: Json[] }) => ({
      ...proof,
      address: ABSENT,
      credit: '0xffff',
      storageProof: [entry, ...proof.storageProof.map((each) => ({ ...each, owner: ABSENT })), entry],
    }))
    const given: unknown = await clientOf(embellished).request({ method: 'eth_getProof', params } as never)
    expect(given).toEqual(await ask(node.url, 'eth_getProof', ...params))
  })

  it('lets no subscription of a socket past the proofs: blocks are watched by asking', async () => {
    const transport = verified(webSocket(node.webSocketUrl), { genesis: node.genesisHash })
    const client = createPublicClient({ transport, pollingInterval: 50 })
    expect(client.transport).not.toHaveProperty('subscribe')
    const seen = new Promise<bigint>((resolve, reject) => {
      const stop = client.watchBlockNumber({
        emitOnBegin: true,
        onBlockNumber: (height) => {
          stop()
          resolve(height)
        },
        onError: reject,
      })
    })
    expect(await seen).toBeGreaterThan(0n)
  })

  it('refuses what cannot be proven', async () => {
    await expect(clientOf(honest).getLogs()).rejects.toThrow('cannot be verified')
  })

  it.each([
    ['an address', 'eth_getBalance', ['0x12', 'latest']],
    ['a block', 'eth_getBalance', [ABSENT, 'newest']],
    ['a block hash', 'eth_getCode', [ABSENT, { blockHash: '0x12' }]],
    ['a slot', 'eth_getStorageAt', [MODULE, 'first', 'latest']],
    ['a slot of a proof', 'eth_getProof', [MODULE, ['first'], 'latest']],
    ['a transaction hash', 'eth_getTransactionByHash', ['0x12']],
    ['a transaction hash of a receipt', 'eth_getTransactionReceipt', [7]],
    ['a transaction', 'eth_sendRawTransaction', ['signed']],
  ])('blames the caller and no server for %s that is none', async (_, method, params) => {
    const read = clientOf(honest).request({ method, params } as never)
    await expect(read).rejects.toMatchObject({ code: -32602 })
    expect(await lieFound(read)).toContain('InvalidParamsRpcError')
  })

  const balance = (lie: Lie) => clientOf(lie).getBalance({ address: account.address })
  const lies: [lie: string, code: VerificationCode, read: () => Promise<unknown>][] = [
    [
      'a wrong balance',
      'wrongAnswer',
      () => balance(lieTo('eth_getProof', (proof: Json) => ({ ...proof, balance: '0xffff' }))),
    ],
    [
      'a forged proof',
      'badProof',
      () =>
        balance(
          lieTo('eth_getProof', (proof: { accountProof: string[] }) => ({
            ...proof,
            accountProof: proof.accountProof.with(-1, flipped(proof.accountProof.at(-1))),
          })),
        ),
    ],
    [
      'an account that is said not to exist',
      'badProof',
      () => balance(lieTo('eth_getProof', (proof: Json) => ({ ...proof, accountProof: [] }))),
    ],
    [
      'another header',
      'badCertificate',
      () =>
        balance(
          lieInProof((proof) => {
            // A digit of the parent's hash.
            proof.headers = [flipped(proof.headers[0], 20)]
          }),
        ),
    ],
    [
      'a wrong signature',
      'badCertificate',
      () =>
        balance(
          lieInProof(({ certificate }) => {
            certificate.signatures = certificate.signatures.map((signature) => flipped(signature))
          }),
        ),
    ],
    [
      'too few signatures',
      'badCertificate',
      () =>
        balance(
          lieInProof(({ certificate }) => {
            certificate.signatures = []
            certificate['bitmap'] = '0x00'
          }),
        ),
    ],
    [
      "an old epoch's signatures",
      'otherEpoch',
      () =>
        balance(
          lieInProof(({ certificate }) => {
            certificate.epoch -= 1
          }),
        ),
    ],
    [
      'a forged set',
      'wrongValidators',
      () =>
        balance(
          lieInSets(([genesis]) => {
            const [first] = genesis?.validators ?? []
            if (first !== undefined) first['consensusKey'] = OTHER_KEY
          }),
        ),
    ],
    [
      'a forged set of a later epoch',
      'wrongValidators',
      () =>
        balance(
          lieInSets((links) => {
            const last = links.at(-1)
            const validators = links[0]?.validators ?? []
            if (last !== undefined) last.validators = validators.map((each) => ({ ...each, consensusKey: OTHER_KEY }))
          }),
        ),
    ],
    [
      'an epoch that has ended by a wrong signature',
      'badCertificate',
      () =>
        balance(
          lieInSets((links) => {
            const certificate = links.at(-1)?.certificate
            if (certificate !== undefined) certificate.signatures = certificate.signatures.map((each) => flipped(each))
          }),
        ),
    ],
    [
      'epochs that are not proven',
      'otherEpoch',
      () =>
        balance(
          lieInSets((links) => {
            links.splice(links[0]?.epoch === 0 ? 1 : 0)
          }),
        ),
    ],
    ['another network', 'wrongGenesis', () => clientOf(honest, { genesis: KEY }).getBlockNumber()],
    [
      'another block than was asked for',
      'wrongBlock',
      () => {
        const client = clientOf((method, answer, [block]) =>
          method === 'bft_getFinalityProof' && block !== 'latest' ? ask(node.url, method, 'latest') : answer,
        )
        return client.getBalance({ address: ABSENT, blockNumber: transferBlock })
      },
    ],
    ['a head that is too old', 'staleHead', () => clientOf(honest, { headAgeMsMax: -1 }).getBlockNumber()],
    [
      'a head older than the one before',
      'staleHead',
      async () => {
        let asked = 0
        const client = clientOf((method, answer, [block]) => {
          if (method !== 'bft_getFinalityProof' || block !== 'latest') return answer
          asked += 1
          return asked === 1 ? answer : ask(node.url, method, `0x${transferBlock.toString(16)}`)
        })
        await client.getBlockNumber({ cacheTime: 0 })
        await client.getBlockNumber({ cacheTime: 0 })
      },
    ],
    [
      'a transfer that is said to have failed',
      'wrongAnswer',
      () =>
        clientOf(
          lieTo('eth_getTransactionReceipt', (said: Json) => ({ ...said, status: '0x0' })),
        ).getTransactionReceipt({
          hash: receipt.transactionHash,
        }),
    ],
    [
      'a forged log',
      'badProof',
      () =>
        clientOf(
          lieTo('debug_getRawReceipts', (raw: string[]) => raw.map((bytes) => flipped(bytes))),
        ).getTransactionReceipt({ hash: receipt.transactionHash }),
    ],
    [
      'a block without its transactions',
      'wrongAnswer',
      () =>
        clientOf(lieTo('eth_getBlockByNumber', (said: Json) => ({ ...said, transactions: [] }))).getBlock({
          blockNumber: transferBlock,
        }),
    ],
    [
      'a block that is said not to exist',
      'wrongAnswer',
      async () => {
        const client = clientOf(lieTo('eth_getBlockByNumber', () => null))
        await client.getBlockNumber()
        await client.getBlock({ blockNumber: transferBlock })
      },
    ],
    ['other code', 'wrongAnswer', () => clientOf(lieTo('eth_getCode', () => '0xff')).getCode({ address: MODULE })],
    [
      'a nonce that was used',
      'wrongAnswer',
      () =>
        clientOf(lieTo('eth_getTransactionCount', () => '0x0')).getTransactionCount({
          address: account.address,
          blockTag: 'pending',
        }),
    ],
  ]

  it.each(lies)('finds out %s', async (_, code, read) => {
    expect(await lieFound(read())).toBe(code)
  })
})

describe('quorum', () => {
  const servers: LyingServer[] = []
  const differences: Difference[] = []

  afterAll(() => {
    for (const server of servers) server.close()
  })

  async function serve(lie: Lie): Promise<string> {
    const server = await serveLies(node.url, lie)
    servers.push(server)
    return server.url
  }

  async function clientWith(lie: Lie, genesis?: string) {
    differences.length = 0
    const urls = [await serve(lie), node.url, await serve(honest)]
    const onDifference = (difference: Difference) => differences.push(difference)
    const transport = quorum(urls, { t: 1, onDifference, ...(genesis !== undefined && { genesis }) })
    return { client: createPublicClient({ transport }), liar: urls[0] }
  }

  const lies: [lie: string, method: string, answer: unknown][] = [
    ['a wrong balance', 'eth_getBalance', '0xffff'],
    ['a forged receipt', 'eth_getTransactionReceipt', null],
    ['a forged set', 'bft_getValidators', []],
  ]

  it.each(lies)('outvotes %s and names who told it', async (_, method, answer) => {
    const { client, liar } = await clientWith(lieTo(method, () => answer))
    const params: Record<string, unknown[]> = {
      eth_getBalance: [ABSENT, 'latest'],
      eth_getTransactionReceipt: [receipt.transactionHash],
    }
    const ours: unknown = await client.request({ method, params: params[method] ?? [] } as never)
    expect(ours).toEqual(await ask(node.url, method, ...(params[method] ?? [])))
    await vi.waitFor(() => expect(differences).toEqual([{ method, urls: [liar] }]))
  })

  const forgeries: [lie: string, lie: Lie][] = [
    ['a wrong balance', lieTo('eth_getProof', (proof: Json) => ({ ...proof, balance: '0xffff' }))],
    ['a forged proof', lieTo('eth_getProof', (proof: Json) => ({ ...proof, accountProof: [] }))],
    [
      'a forged set',
      lieInSets(([genesis]) => {
        for (const each of genesis?.validators ?? []) each['consensusKey'] = OTHER_KEY
      }),
    ],
    [
      'a wrong signature',
      lieInProof(({ certificate }) => {
        certificate.signatures = certificate.signatures.map((signature) => flipped(signature))
      }),
    ],
    [
      "an old epoch's signatures",
      lieInProof(({ certificate }) => {
        certificate.epoch -= 1
      }),
    ],
  ]

  it.each(forgeries)('asks for proofs besides, and names who told %s', async (_, lie) => {
    const { client, liar } = await clientWith(lie, node.genesisHash)
    expect(await client.getBalance({ address: account.address })).toBe(
      await createPublicClient({ transport: http(node.url) }).getBalance({ address: account.address }),
    )
    await vi.waitFor(() => expect(differences).toEqual([{ method: 'eth_getBalance', urls: [liar] }]))
  })

  it('takes no offence at two sets of signatures for one block', async () => {
    const { client } = await clientWith(
      lieInProof(({ certificate }) => {
        certificate.signatures = certificate.signatures.map((signature) => flipped(signature))
      }),
    )
    await client.request({ method: 'bft_getFinalityProof', params: ['latest'] } as never)
    expect(differences).toEqual([])
  })

  it.each([
    ['stale', '0x0'],
    ['invented', '0xffffff'],
  ])('is not led to a head that is %s', async (_, head) => {
    const { client } = await clientWith(lieTo('eth_blockNumber', () => head))
    expect(await client.getBlockNumber()).toBe(BigInt(String(await ask(node.url, 'eth_blockNumber'))))
    expect(await client.getBalance({ address: account.address })).toBeGreaterThan(0n)
  })

  it('goes on without a server that is away', async () => {
    const transport = quorum([node.url, 'http://127.0.0.1:1', await serve(honest)], { t: 1 })
    expect(await createPublicClient({ transport }).getBalance({ address: MODULE })).toBe(0n)
  })

  it('says so when too few agree', async () => {
    const liars = await Promise.all(['0x1', '0x2'].map((balance) => serve(lieTo('eth_getBalance', () => balance))))
    const client = createPublicClient({ transport: quorum([...liars, node.url], { t: 1 }) })
    expect(await lieFound(client.getBalance({ address: ABSENT }))).toBe('noAgreement')
  })

  it('asks for enough servers to outvote the liars', () => {
    expect(() => quorum([node.url, node.url], { t: 1 })).toThrow('2 servers cannot outvote 1')
  })
})
