import { readFileSync } from 'node:fs'
import { createBlockHeader } from '@ethereumjs/block'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { genesisMPTStateRoot } from '@ethereumjs/mpt'
import { Ajv } from 'ajv'
import canonicalize from 'canonicalize'
import { describe, expect, test } from 'vitest'
import { toHex, utf8 } from '../../../src/base/bytes.ts'
import { nobleRecoverer } from '../../../src/crypto/backends/noble.ts'
import { keccak256Hash } from '../../../src/crypto/keccak.ts'
import { addressOfPublicKey, createSigner } from '../../../src/crypto/secp256k1.ts'
import { EMPTY_ACCOUNT } from '../../../src/ledger/account.ts'
import { BlockExecution } from '../../../src/ledger/block-execution.ts'
import { buildGenesisBlock } from '../../../src/ledger/genesis/genesis-block.ts'
import { parseGenesis } from '../../../src/ledger/genesis/parse-genesis.ts'
import { moduleRegistry } from '../../../src/ledger/module-registry.ts'
import { ledgerRules } from '../../../src/ledger/rules.ts'
import { wordsIn } from '../../../src/ledger/storage-words.ts'
import { readParameters } from '../../../src/ledger/system/parameters.ts'
import { SYSTEM_ADDRESS } from '../../../src/ledger/system/system-account.ts'
import { readValidatorRecord, readValidators } from '../../../src/ledger/system/validator-records.ts'
import type { Genesis } from '../../../src/types/genesis.ts'
import { encodeExtraData } from '../../../src/types/header.ts'
import { type Address, ZERO_ADDRESS } from '../../../src/types/ids.ts'
import counter from './counter-module.ts'
import { NOTHING_MISSED } from './fixtures.ts'

type Json = Record<string, unknown>

const schema = JSON.parse(readFileSync('genesis/schema.json', 'utf8')) as Json
const satisfiesSchema = new Ajv().compile(schema)
const PEER_ID = '16Uiu2HAmV2gKpkuHGJ2Ss8wpTyHQyHjyEw5rPXzjHdCkcsRBWkjs'

function validator(n: number): Json {
  const { publicKey } = createSigner(new Uint8Array(32).fill(n))
  return { consensusKey: toHex(publicKey), peer: `/ip4/127.0.0.1/tcp/${30600 + n}/p2p/${PEER_ID}`, name: `v${n}` }
}

function document(changes: Json = {}): Json {
  return {
    chainId: 13371,
    name: 'test',
    timestamp: 1_700_000_000,
    validators: [1, 2, 3, 4].map(validator),
    alloc: { [`0x${'ab'.repeat(20)}`]: { balance: '1000' } },
    ...changes,
  }
}

function parsed(input: unknown): Genesis {
  const outcome = parseGenesis(input)
  if (!outcome.ok) throw new Error(outcome.error.message)
  return outcome.value
}

function blockOf(genesis: Genesis) {
  const modules = moduleRegistry(genesis.modules)
  if (!modules.ok) throw new Error(modules.error.message)
  const built = buildGenesisBlock(genesis, modules.value)
  return { ...built, rules: ledgerRules(genesis, modules.value, built.block.hash, nobleRecoverer) }
}

const account = (changes: Json) => document({ alloc: { [`0x${'cd'.repeat(20)}`]: { balance: 1, ...changes } } })
const consensus = (changes: Json) => document({ consensus: changes })
const module = (changes: Json) => document({ modules: [{ name: 'mine', address: `0x${'12'.repeat(20)}`, ...changes }] })
const member = (changes: Json) => document({ validators: [{ ...validator(1), ...changes }] })
const without = (key: string) => Object.fromEntries(Object.entries(document()).filter(([name]) => name !== key))
const sha256 = 'ab'.repeat(32)

const good: [string, Json][] = [
  ['the least', document()],
  ['a candidate', document({ candidates: [validator(5)] })],
  ['votes by hand only', document({ governance: { autoVote: false } })],
  ['nobody accused of silence', document({ governance: { leaderViewsWindow: 0 } })],
  ['a policy on silence', document({ governance: { leaderViewsWindow: 20, missedLeaderViewsMax: 20 } })],
  ['numbers in every form', document({ chainId: '0x1', gasLimit: '30000000', baseFee: 0, timestamp: '0x0' })],
  ['a whole number written as 1e3', document({ baseFee: 1e3 })],
  [
    'geth keys without 0x',
    document({ alloc: { ['AB'.repeat(20)]: { balance: '0x10', nonce: '0x1', code: '0x6001' } } }),
  ],
  ['storage with short words', account({ storage: { '0x1': '0x02', [`0x${'00'.repeat(31)}02`]: '0x0' } })],
  ['a module of its own', module({ source: './mine.ts', sha256 })],
  [
    'every consensus parameter',
    consensus({ viewTimeoutMs: 300, viewTimeoutGrowth: 1.25, viewTimeoutMsMax: 3000, blockTransactionsMax: 10 }),
  ],
  ['the crash model with one validator', { ...member({}), faultModel: 'crash' }],
  ['a fork', document({ forks: { harbour: 100 } })],
  [
    'governance and evidence',
    document({ governance: { proposalBlocksMax: 100, readyBlocksMax: '7' }, evidence: { ageEpochsMax: 3 } }),
  ],
]

/** Refused by both, the parser naming the place. */
const bad: [string, unknown, string][] = [
  ['no object', [], 'expected an object'],
  ['nothing', null, 'expected an object'],
  ...['chainId', 'name', 'timestamp', 'validators', 'alloc'].map((key): [string, unknown, string] => [
    `no ${key}`,
    without(key),
    `${key}: is missing`,
  ]),
  ['an unknown key', document({ gaslimit: 1 }), 'gaslimit: is not a known field'],
  ['an unknown key inside', account({ secretKey: '0x00' }), '.secretKey: is not a known field'],
  ['a number below zero', document({ chainId: -1 }), 'chainId: not a natural number'],
  ['a fraction', document({ gasLimit: 21000.5 }), 'gasLimit: not a natural number'],
  ['an unsafe JSON number', document({ baseFee: 2 ** 60 }), 'baseFee: not a natural number'],
  ['a number with leading zeros', document({ chainId: '01' }), 'chainId: expected a natural number'],
  ['a number that is empty', document({ chainId: '0x' }), 'chainId: expected a natural number'],
  ['a number without end', document({ baseFee: '9'.repeat(100) }), 'baseFee: expected a natural number'],
  ['a boolean for a number', document({ chainId: true }), 'chainId: expected a natural number'],
  ['null for a field', document({ name: null }), 'name: expected text'],
  ['an empty name', document({ name: '' }), 'name: expected 1 to 64 characters'],
  ['an unknown fault model', document({ faultModel: 'rational' }), 'faultModel: expected "byzantine" or "crash"'],
  ['no validators', document({ validators: [] }), 'validators: expected 1 to 256 items'],
  ['a key that is too short', member({ consensusKey: '0x02ab' }), 'validators[0].consensusKey: expected a compressed'],
  ['an uncompressed key', member({ consensusKey: `0x04${'11'.repeat(64)}` }), 'validators[0].consensusKey'],
  ['a peer without id', member({ peer: '/ip4/127.0.0.1/tcp/1' }), 'validators[0].peer: expected a multiaddr'],
  ['a malformed address', document({ alloc: { '0x12': { balance: 1 } } }), 'alloc.0x12: expected an address'],
  ['an account without balance', document({ alloc: { [`0x${'cd'.repeat(20)}`]: {} } }), '.balance: is missing'],
  ['code of half a byte', account({ code: '0x123' }), '.code: expected bytes'],
  [
    'a storage word that is too long',
    account({ storage: { '0x1': `0x1${'00'.repeat(32)}` } }),
    'expected 0x and 1 to 64',
  ],
  ['a module file without hash', module({ source: './mine.ts' }), 'modules[0].sha256: is missing'],
  ['a hash without module file', module({ sha256 }), 'modules[0].source: is missing'],
  ['a hash in capitals', module({ source: './mine.ts', sha256: sha256.toUpperCase() }), 'modules[0].sha256'],
  ['a module name with a dash', module({ name: 'key-value' }), 'modules[0].name'],
  ['a time-out growth below 1', consensus({ viewTimeoutGrowth: 0.5 }), 'consensus.viewTimeoutGrowth'],
  ['an unknown consensus parameter', consensus({ viewTimeout: 5 }), 'consensus.viewTimeout: is not a known field'],
  ['a fork without a name', document({ forks: { '': 1 } }), 'forks.'],
]

/** What only the parser knows: ranges, keys, sums, one thing against another. */
const refusedByParserAlone: [string, unknown, string][] = [
  [
    'a chain id that MetaMask refuses',
    document({ chainId: 4503599627370477 }),
    'chainId: expected 1 to 4503599627370476',
  ],
  [
    'a key that is no point of the curve',
    member({ consensusKey: `0x02${'ff'.repeat(32)}` }),
    'validators[0].consensusKey',
  ],
  [
    'an address of another key',
    member({ address: ZERO_ADDRESS }),
    'validators[0].address: the consensus key has the address',
  ],
  [
    'one key twice',
    document({ validators: [validator(1), { ...validator(1), name: 'other' }] }),
    'validators[1]: the key of',
  ],
  [
    'one name twice',
    document({ validators: [validator(1), { ...validator(2), name: 'v1' }] }),
    'validators[1]: the name v1',
  ],
  ['a candidate that is a validator', document({ candidates: [validator(4)] }), 'candidates[0]: v4 is a validator'],
  ['one candidate twice', document({ candidates: [validator(5), validator(5)] }), 'candidates[1]: the name v5'],
  [
    'votes neither by hand nor by node',
    document({ governance: { autoVote: 1 } }),
    'governance.autoVote: expected true',
  ],
  ['more validators needed than there are', document({ minValidators: 5 }), 'minValidators: expected 1 to 4'],
  [
    'one address in two forms',
    document({ alloc: { ['ab'.repeat(20)]: { balance: 1 }, [`0x${'AB'.repeat(20)}`]: { balance: 1 } } }),
    'is there twice',
  ],
  [
    'more money than fits',
    document({ alloc: { ['ab'.repeat(20)]: { balance: `0x${'f'.repeat(64)}` }, ['cd'.repeat(20)]: { balance: 1 } } }),
    'alloc: the balances exceed',
  ],
  [
    'an account where a module is',
    document({ alloc: { '0000000000000000000000000000000000001001': { balance: 1 } } }),
    'belongs to the module keyValue',
  ],
  [
    'an account where the network is',
    document({ alloc: { [SYSTEM_ADDRESS]: { balance: 1 } } }),
    'belongs to the network',
  ],
  [
    'a longest time-out below the first',
    consensus({ viewTimeoutMs: 5000, viewTimeoutMsMax: 4000 }),
    'consensus.viewTimeoutMsMax',
  ],
  [
    'blocks further apart than a view may take',
    consensus({ viewTimeoutMs: 300, blockIntervalMsMin: 301 }),
    'consensus.blockIntervalMsMin: expected 0 to 300',
  ],
  ['a block smaller than a transaction', consensus({ blockBytesMax: 1000 }), 'consensus.blockBytesMax'],
  ['blocks without room for a call of governance', document({ gasLimit: 9_999_999 }), 'gasLimit: expected 10000000 to'],
  [
    'blocks that nobody could execute in time',
    document({ gasLimit: 300_000_001 }),
    'gasLimit: expected 10000000 to 300000000',
  ],
  ['epochs that end with their first block', consensus({ epochBlocksMax: 1, epochMsMin: 0 }), 'consensus.epochMsMin'],
  [
    'proposals that nobody could vote on in time',
    document({ governance: { proposalBlocksMax: 99 } }),
    'governance.proposalBlocksMax: expected 100 to',
  ],
  [
    'evidence that a change of keys outdates',
    document({ evidence: { ageEpochsMax: 1 } }),
    'evidence.ageEpochsMax: expected 2 to 16',
  ],
  [
    'fewer validators wanted than needed',
    document({ minValidators: 4, targetValidators: 3 }),
    'targetValidators: expected 4 to 256',
  ],
  ['a name that clears the screen', member({ name: 'v\u001b[2J' }), 'validators[0].name: expected text without'],
  ['half a surrogate pair', document({ name: '\ud800' }), 'genesis:'],
]

describe('a genesis file', () => {
  test.each(good)('with %s is accepted by parser and schema alike', (_, input) => {
    expect(parseGenesis(JSON.stringify(input))).toMatchObject({ ok: true })
    expect(parseGenesis(input)).toEqual(parseGenesis(JSON.stringify(input)))
    expect(satisfiesSchema(input), JSON.stringify(satisfiesSchema.errors)).toBe(true)
  })

  test.each(bad)('with %s is refused by parser and schema alike', (_, input, message) => {
    expect(parseGenesis(input)).toMatchObject({
      ok: false,
      error: { code: 'badGenesis', message: expect.stringContaining(message) as string },
    })
    expect(satisfiesSchema(input)).toBe(false)
  })

  test.each(refusedByParserAlone)('with %s is refused by the parser', (_, input, message) => {
    expect(parseGenesis(input)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining(message) as string },
    })
  })

  test.each([
    ['not JSON', '{', 'not JSON'],
    ['a key twice', '{"chainId":1,"name":"a","chainId":2}', 'the key "chainId" is there twice'],
    ['a key twice in another spelling', '{"a":[{"x":1},{"x":1,"\\u0078":2}]}', 'is there twice'],
    ['a comment', '// note\n{}', 'not JSON'],
  ])('that is %s is refused', (_, text, message) => {
    expect(parseGenesis(text)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining(message) as string },
    })
  })

  test('may say the same key in different objects, and commas and braces in text', () => {
    const text = JSON.stringify(document({ name: 'a,"{b}' }))
    expect(parsed(text).name).toBe('a,"{b}')
  })

  test('has a digest that white space and order do not change, and every value does', () => {
    const digest = parsed(document()).documentDigest
    const reversed = Object.fromEntries(Object.entries(document()).reverse())
    expect(parsed(JSON.stringify(reversed, null, 4)).documentDigest).toBe(digest)
    expect(digest).toBe(keccak256Hash(utf8(canonicalize(document()) ?? '')))
    expect(parsed(document({ name: 'tess' })).documentDigest).not.toBe(digest)
  })

  test('of the devnet, once it has validators, and the annotated example are valid', () => {
    const devnet = JSON.parse(readFileSync('genesis/devnet.json', 'utf8')) as Json
    const filled = { ...devnet, validators: [1, 2, 3, 4].map(validator) }
    expect(parsed(filled)).toMatchObject({
      chainId: 13371,
      consensus: { viewTimeoutMs: 300, blockTransactionsMax: 1000 },
    })
    const example: unknown = JSON.parse(readFileSync('genesis/example.jsonc', 'utf8').replaceAll(/^\s*\/\/.*$/gm, ''))
    expect(satisfiesSchema(example), JSON.stringify(satisfiesSchema.errors)).toBe(true)
    const genesis = parsed(example)
    const { $schema: _, chainId, name, timestamp, validators, alloc } = example as Json
    const { documentDigest: __, ...stated } = genesis
    const { documentDigest: ___, ...defaults } = parsed({ chainId, name, timestamp, validators, alloc })
    // The example states every default as it is.
    expect(stated).toEqual(defaults)
  })
})

describe('the genesis block', () => {
  test('has the hash that @ethereumjs/block computes for its header', () => {
    const { block } = blockOf(parsed(document()))
    const { header } = block
    const theirs = createBlockHeader(
      {
        stateRoot: header.stateRoot,
        difficulty: 0n,
        gasLimit: 30_000_000n,
        timestamp: 1_700_000_000n,
        extraData: encodeExtraData(header.consensus),
        baseFeePerGas: 1_000_000_000n,
      },
      { common: new Common({ chain: Mainnet, hardfork: Hardfork.London }), skipConsensusFormatValidation: true },
    )
    expect(block.hash).toBe(toHex(theirs.hash()))
    expect(header.consensus.justifyDigest).toBe(parsed(document()).documentDigest)
  })

  test('gives any alloc of geth the root that @ethereumjs/mpt computes, empty accounts included', async () => {
    const alloc = {
      [`0x${'01'.repeat(20)}`]: { balance: '0x1' },
      [`0x${'02'.repeat(20)}`]: { balance: '0x0' },
      [`0x${'03'.repeat(20)}`]: {
        balance: '0xde0b6b3a7640000',
        nonce: '0x5',
        code: '0x6001600255',
        storage: { [`0x${'00'.repeat(31)}01`]: '0x2a' },
      },
    }
    const genesis = parsed(document({ alloc }))
    const state = buildGenesisBlock({ ...genesis, validators: [validatorOf(genesis)], modules: [] }, new Map()).state
    // Without the network's own account, what remains is the alloc alone.
    const bare = state.with(new Map([[SYSTEM_ADDRESS, { account: undefined, storage: new Map() }]]))
    const theirs = await genesisMPTStateRoot({
      [`0x${'01'.repeat(20)}`]: '0x1',
      [`0x${'02'.repeat(20)}`]: '0x0',
      [`0x${'03'.repeat(20)}`]: ['0xde0b6b3a7640000', '0x6001600255', [[`0x${'00'.repeat(31)}01`, '0x2a']], '0x5'],
    } as never)
    expect(bare.root).toBe(toHex(theirs))
    expect(bare.account(`0x${'02'.repeat(20)}` as Address)).not.toBe(EMPTY_ACCOUNT)
  })

  test('holds validators, parameters and modules, and the first block builds on it', () => {
    const genesis = parsed(document())
    const { block, state, validators, rules } = blockOf(genesis)
    const words = wordsIn(state, SYSTEM_ADDRESS)
    expect(readValidators(words)).toEqual(validators)
    expect(validators.map((each) => addressOfPublicKey(each.consensusKey))).toEqual(
      validators.map((each) => each.address),
    )
    const [first] = genesis.validators
    expect(readValidatorRecord(words, first?.address ?? ZERO_ADDRESS)).toEqual({
      ...first,
      leads: true,
      standing: 'validator',
      jailed: false,
      addedAt: 0,
      signer: first?.address,
      readyAt: 0,
      feeRecipient: first?.address,
    })
    expect(readParameters(words)).toEqual({ baseFeePerGas: 1_000_000_000n, gasLimit: 30_000_000, targetValidators: 4 })
    for (const address of rules.modules.keys()) expect(state.code(address)).toEqual(Uint8Array.of(0xfe))
    const proposer = validators[0]?.address ?? ZERO_ADDRESS
    const execution = new BlockExecution(rules, state, {
      height: 1,
      timeMs: 1_700_000_000_001,
      proposer,
      feeRecipient: proposer,
      parentHash: block.hash,
      parentStateRoot: state.root,
      epoch: 1,
      gasLimit: 30_000_000,
      baseFeePerGas: 1_000_000_000n,
    })
    expect(execution.finish(NOTHING_MISSED).nextValidators).toEqual(validators)
  })

  test('needs every module that is listed, at its address', () => {
    const keyValue = { name: 'keyValue', address: '0x0000000000000000000000000000000000001001' as Address }
    expect(moduleRegistry([keyValue])).toMatchObject({ ok: true })
    expect(moduleRegistry([{ ...keyValue, address: ZERO_ADDRESS }])).toMatchObject({ ok: false })
    expect(moduleRegistry([{ ...keyValue, name: 'keyvalue' }])).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('not built in') as string },
    })
    const usurper = { ...counter, address: SYSTEM_ADDRESS }
    const listed = { name: counter.name, address: SYSTEM_ADDRESS, source: './counter.ts', sha256 }
    expect(moduleRegistry([listed], [usurper])).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('belongs to the network itself') as string },
    })
    expect(moduleRegistry([{ ...keyValue, source: './mine.ts', sha256 }])).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('does not export it') as string },
    })
  })
})

function validatorOf(genesis: Genesis) {
  const [first] = genesis.validators
  if (first === undefined) throw new Error('a genesis has a validator')
  return first
}
