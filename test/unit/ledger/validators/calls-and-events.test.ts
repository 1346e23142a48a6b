import { decodeFunctionData, encodeAbiParameters, encodeEventTopics, encodeFunctionData, getAbiItem } from 'viem'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import { validatorsAbi } from '../../../../src/ledger/modules/validators/abi.ts'
import {
  encodeValidatorsCall,
  evidenceSubmittedBy,
  proposalVotedOnBy,
} from '../../../../src/ledger/modules/validators/encode-call.ts'
import { readValidatorsEvent } from '../../../../src/ledger/modules/validators/read-event.ts'
import { SYSTEM_ADDRESS } from '../../../../src/ledger/system/system-account.ts'
import type { Hash } from '../../../../src/types/ids.ts'

const address = `0x${'ab'.repeat(20)}` as const
const hash = `0x${'cd'.repeat(32)}` as const

describe('calls of the validators module', () => {
  it('are what viem makes of them', () => {
    const calls = [
      ['vote', [7n, true]],
      ['submitEvidence', ['0x010203']],
      ['proposeRemove', [address, hash, 'silent']],
      ['ready', [9n, hash]],
      ['leave', []],
    ] as const
    for (const [functionName, args] of calls) {
      const data = toHex(encodeValidatorsCall(functionName, args as never))
      expect(data).toBe(encodeFunctionData({ abi: validatorsAbi, functionName, args }))
      expect(decodeFunctionData({ abi: validatorsAbi, data }).functionName).toBe(functionName)
    }
  })

  it('are read back, and only if they are what they seem', () => {
    const evidence = encodeValidatorsCall('submitEvidence', ['0x010203'])
    const vote = encodeValidatorsCall('vote', [7n, false])
    expect(evidenceSubmittedBy(evidence)).toEqual(Uint8Array.of(1, 2, 3))
    expect(proposalVotedOnBy(vote)).toBe(7n)
    for (const other of [vote, evidence.subarray(0, -1), evidence.subarray(0, 3), new Uint8Array(0)])
      expect(evidenceSubmittedBy(other)).toBeUndefined()
    expect(proposalVotedOnBy(evidence)).toBeUndefined()
  })
})

describe('events of the validators module', () => {
  const events = [
    ['Proposed', { id: 3n, proposer: address }, [1, address], [3n, address, 1, address]],
    ['Voted', { id: 3n, validator: address }, [true], [3n, address, true]],
    ['Passed', { id: 3n }, [], [3n]],
    ['EvidenceAccepted', { id: hash, culprit: address }, [2, 5n, 8n], [hash, address, 2, 5n, 8n]],
    ['Jailed', { validator: address }, [hash], [address, hash]],
    ['KeyRotated', { validator: address }, ['0x02ff'], [address, '0x02ff']],
  ] as const

  it.each(events)('%s is read as viem writes it', (eventName, indexed, plain, args) => {
    const topics = encodeEventTopics({ abi: validatorsAbi, eventName, args: indexed }) as unknown as Hash[]
    const { inputs } = getAbiItem({ abi: validatorsAbi, name: eventName }) as { inputs: { indexed?: boolean }[] }
    const data = encodeAbiParameters(inputs.filter((input) => input.indexed !== true) as never, plain as never)
    const log = { address: SYSTEM_ADDRESS, topics, data: fromHex(data) }
    expect(readValidatorsEvent(log)).toEqual({ name: eventName, args })
    expect(readValidatorsEvent({ ...log, address: address as never })).toBeUndefined()
  })
})
