import type { AbiParameter } from 'abitype'
import fc from 'fast-check'
import { decodeAbiParameters, encodeAbiParameters, isAddress, keccak256, stringToHex, toFunctionSelector } from 'viem'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../../../src/base/bytes.ts'
import { InvariantViolation } from '../../../src/base/invariant.ts'
import { abiSignature, abiTypesOf, TYPE_NESTING_MAX } from '../../../src/codec/abi/abi-type.ts'
import { decodeSequence } from '../../../src/codec/abi/decode.ts'
import { encodeSequence } from '../../../src/codec/abi/encode.ts'
import { decodeAbi, encodeAbi } from '../../../src/codec/abi.ts'
import { DecodeError } from '../../../src/codec/decode-error.ts'

interface Sample {
  readonly parameter: AbiParameter
  readonly value: unknown
}

const encode = (samples: readonly Sample[]): Uint8Array =>
  encodeSequence(
    abiTypesOf(samples.map((sample) => sample.parameter)),
    samples.map((sample) => sample.value),
  )
const decode = (samples: readonly Sample[], bytes: Uint8Array): unknown[] =>
  decodeSequence(abiTypesOf(samples.map((sample) => sample.parameter)), bytes)

const hexOf = (length: fc.Arbitrary<number>): fc.Arbitrary<string> =>
  length.chain((n) => fc.uint8Array({ minLength: n, maxLength: n })).map(toHex)

const integer = fc.tuple(fc.constantFrom('uint', 'int'), fc.integer({ min: 1, max: 32 })).chain(([kind, bytes]) => {
  const bits = BigInt(bytes * 8)
  const [min, max] = kind === 'uint' ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n]
  return fc.bigInt({ min, max }).map((value) => ({
    parameter: { type: `${kind}${bits}` },
    value: bits <= 48n ? Number(value) : value,
  }))
})
const fixedBytes = fc
  .integer({ min: 1, max: 32 })
  .chain((n) => hexOf(fc.constant(n)).map((value) => ({ parameter: { type: `bytes${n}` }, value })))
const elementary: fc.Arbitrary<Sample> = fc.oneof(
  integer,
  fixedBytes,
  hexOf(fc.constant(20)).map((value) => ({ parameter: { type: 'address' }, value })),
  fc.boolean().map((value) => ({ parameter: { type: 'bool' }, value })),
  hexOf(fc.integer({ min: 0, max: 70 })).map((value) => ({ parameter: { type: 'bytes' }, value })),
  fc.string({ unit: 'grapheme', maxLength: 40 }).map((value) => ({ parameter: { type: 'string' }, value })),
)

/** A type with one value of it, repeated where an array needs several. */
const sample = fc.letrec<{ any: Sample; array: Sample; tuple: Sample }>((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, elementary, tie('array'), tie('tuple')),
  array: fc.tuple(tie('any'), fc.integer({ min: 0, max: 3 }), fc.boolean()).map(([element, length, fixed]) => ({
    parameter: { ...element.parameter, type: `${element.parameter.type}[${fixed && length > 0 ? length : ''}]` },
    value: new Array(length).fill(element.value),
  })),
  tuple: fc.tuple(fc.array(tie('any'), { minLength: 1, maxLength: 4 }), fc.boolean()).map(([members, named]) => ({
    parameter: {
      type: 'tuple',
      components: members.map((member, i) => (named ? { ...member.parameter, name: `m${i}` } : member.parameter)),
    },
    value: named
      ? Object.fromEntries(members.map((member, i) => [`m${i}`, member.value]))
      : members.map((member) => member.value),
  })),
})).any
const samples = fc.array(sample, { maxLength: 4 })

/** viem gives addresses in their checksummed form. */
function lowerAddresses(value: unknown): unknown {
  if (typeof value === 'string') return isAddress(value) ? value.toLowerCase() : value
  if (Array.isArray(value)) return value.map(lowerAddresses)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, lowerAddresses(member)]))
  }
  return value
}

const word = (value: number | bigint): Uint8Array => fromHex(`0x${BigInt(value).toString(16).padStart(64, '0')}`)
const words = (...values: readonly (number | bigint)[]): Uint8Array => concatBytes(...values.map(word))

describe('the ABI codec', () => {
  it('writes what viem writes, and both read the values back', () => {
    fc.assert(
      fc.property(samples, (all) => {
        const parameters = all.map((one) => one.parameter)
        const bytes = encode(all)
        expect(toHex(bytes)).toBe(
          encodeAbiParameters(
            parameters,
            all.map((one) => one.value),
          ),
        )
        expect(decode(all, bytes)).toEqual(all.map((one) => one.value))
        if (bytes.length > 0) {
          expect(lowerAddresses(decodeAbiParameters(parameters, bytes))).toEqual(lowerAddresses(decode(all, bytes)))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('accepts nothing that it would not write itself', () => {
    const hostile = fc.tuple(
      samples,
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2, 31, 32, 64, 96, 255)), { minLength: 1, maxLength: 3 }),
    )
    let accepted = 0
    fc.assert(
      fc.property(hostile, ([all, changes]) => {
        const bytes = encode(all)
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
        let values: unknown[]
        try {
          values = decode(all, bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError)
          return
        }
        accepted += 1
        const again = all.map((one, i) => ({ parameter: one.parameter, value: values[i] }))
        expect(toHex(encode(again))).toBe(toHex(bytes))
      }),
      { numRuns: 1_000 },
    )
    expect(accepted).toBeGreaterThan(0)
  })

  it('refuses every truncation and every extension', () => {
    fc.assert(
      fc.property(samples, fc.nat(), (all, cut) => {
        const bytes = encode(all)
        expect(() => decode(all, concatBytes(bytes, new Uint8Array(32)))).toThrow(DecodeError)
        if (bytes.length > 0) expect(() => decode(all, bytes.subarray(0, cut % bytes.length))).toThrow(DecodeError)
      }),
    )
  })

  it.each<[string, string, Uint8Array]>([
    ['an integer above its type', 'uint8', words(256)],
    ['a negative integer that is not sign-extended', 'int8', words(0xff)],
    ['an integer below its type', 'int8', words((1n << 256n) - 129n)],
    ['a boolean that is neither', 'bool', words(2)],
    ['an address with more than 20 bytes', 'address', words(1n << 160n)],
    ['short bytes with more than they hold', 'bytes4', words(1)],
    ['padding after bytes', 'bytes', words(32, 1, 1)],
    ['a string that is not UTF-8', 'string', words(32, 1, 0xffn << 248n)],
    ['an offset into its own head', 'bytes', words(0)],
    ['an offset that leaves a gap', 'bytes', words(64, 0, 0)],
    ['two offsets to one tail', 'bytes, bytes', words(64, 64, 0)],
    ['an offset beyond the end', 'bytes', words(1n << 255n)],
    ['tails in another order', 'bytes, bytes', words(96, 64, 0, 0)],
    ['a length beyond the end', 'bytes', words(32, 33)],
    ['an array longer than the input could hold', 'uint256[]', words(32, 3, 1, 2)],
    ['an array of 2^255 elements', 'uint256[]', words(32, 1n << 255n)],
    ['nothing where something is expected', 'uint256', new Uint8Array(0)],
    ['something where nothing is expected', 'uint256', words(1, 2)],
  ])('refuses %s', (_, types, bytes) => {
    const parameters = types.split(', ').map((type) => ({ type }))
    expect(() => decodeAbi(parameters, bytes)).toThrow(DecodeError)
  })

  it('refuses nested arrays that share their tails, which would grow exponentially', () => {
    const depth = 10
    const bytes = concatBytes(words(32), ...new Array<Uint8Array>(depth).fill(words(2, 64, 64)), words(0))
    const parameters = [{ type: `uint256${'[]'.repeat(depth)}` }]
    expect(() => decodeAbi(parameters, bytes)).toThrow(DecodeError)
  })

  it('keeps a byte order mark in a string', () => {
    const bytes = encodeAbi([{ type: 'string' }], ['\ufeffx'])
    expect(decodeAbi([{ type: 'string' }], bytes)).toEqual(['\ufeffx'])
  })

  it.each<[AbiParameter, unknown]>([
    [{ type: 'uint8' }, 256],
    [{ type: 'uint8' }, -1],
    [{ type: 'uint256' }, 1n << 256n],
    [{ type: 'int8' }, -129],
    [{ type: 'uint32' }, 1.5],
    [{ type: 'bool' }, 1],
    [{ type: 'address' }, '0x00'],
    [{ type: 'bytes4' }, '0x0000000000'],
    [{ type: 'bytes' }, '0x0'],
    [{ type: 'string' }, 7],
    [{ type: 'uint8[2]' }, [1]],
    [{ type: 'uint8[]' }, 1],
    [{ type: 'function' }, '0x'],
    [{ type: 'uint7' }, 1],
    [{ type: 'uint264' }, 1],
    [{ type: 'bytes33' }, '0x'],
    [{ type: 'uint8[0]' }, []],
    [{ type: 'tuple', components: [] }, []],
    [{ type: `uint8${'[]'.repeat(TYPE_NESTING_MAX + 1)}` }, []],
  ])('takes a value or type of ours that does not fit for a mistake: %o %o', (parameter, value) => {
    expect(() => encode([{ parameter, value }])).toThrow(InvariantViolation)
  })

  it('gives the signatures whose hashes are the selectors of viem', () => {
    const part = { type: 'tuple[2]', components: [{ type: 'bytes4' }, { type: 'int256' }], name: 'parts' }
    const transfers = { type: 'tuple[]', components: [{ type: 'address', name: 'to' }, part] }
    const inputs: readonly AbiParameter[] = [{ type: 'uint256' }, transfers, { type: 'string' }]
    const signature = abiSignature('f', inputs)
    expect(signature).toBe('f(uint256,(address,(bytes4,int256)[2])[],string)')
    expect(abiSignature('g', [{ type: 'uint' }, { type: 'int[]' }])).toBe('g(uint256,int256[])')
    expect(keccak256(stringToHex(signature)).slice(0, 10)).toBe(
      toFunctionSelector({ type: 'function', name: 'f', inputs, outputs: [], stateMutability: 'view' }),
    )
  })

  it('types the values by the parameters', () => {
    const parameters = [{ type: 'address' }, { type: 'uint64' }, { type: 'uint32' }] as const
    const owner = `0x${'ab'.repeat(20)}` as const
    const [first, amount, count] = decodeAbi(parameters, encodeAbi(parameters, [owner, 5n, 6]))
    const typed: { readonly first: `0x${string}`; readonly amount: bigint; readonly count: number } = {
      first,
      amount,
      count,
    }
    expect(typed).toEqual({ first: owner, amount: 5n, count: 6 })
  })
})
