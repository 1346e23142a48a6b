/** Events of the `validators` module, read back from the logs of a receipt. */
import type { AbiParametersToPrimitiveTypes, ExtractAbiEvent, ExtractAbiEventNames } from 'abitype'
import { fromHex } from '../../../base/bytes.ts'
import { decodeAbi } from '../../../codec/abi.ts'
import type { Log } from '../../../types/receipt.ts'
import type { validatorsAbi } from './abi.ts'
import { validators } from './validators.ts'

type EventName = ExtractAbiEventNames<typeof validatorsAbi>
type Arguments<Name extends EventName> = AbiParametersToPrimitiveTypes<
  ExtractAbiEvent<typeof validatorsAbi, Name>['inputs'],
  'outputs'
>
export type ValidatorsEvent = {
  [Name in EventName]: { readonly name: Name; readonly args: Arguments<Name> }
}[EventName]

/** Undefined for a log of another module. */
export function readValidatorsEvent({ address, topics, data }: Log): ValidatorsEvent | undefined {
  if (address !== validators.address) return undefined
  for (const [name, { topic, inputs }] of validators.events) {
    if (topic !== topics[0]) continue
    const unindexed = inputs.filter(({ indexed }) => indexed !== true)
    const plain: unknown[] = [...decodeAbi(unindexed, data)]
    const args = inputs.map((input, index) => {
      if (input.indexed !== true) return plain.shift()
      // Indexed ones come first in every event here, each a word of its own.
      const values: readonly unknown[] = decodeAbi([input], fromHex(topics[index + 1] ?? '0x'))
      return values[0]
    })
    return { name, args } as unknown as ValidatorsEvent
  }
  return undefined
}
