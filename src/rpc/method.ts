/**
 * A method is described once: its name, its parameters with their decoders, and what answers it.
 * The server dispatches by this description, and a document of the interface is made from it.
 */
import type { NodeApi } from '../node/node-api.ts'
import { invalidParams } from './errors.ts'
import type { FilterStore } from './filter-store.ts'
import type { RpcLimits } from './limits.ts'
import type { Parameter } from './parameter.ts'
import type { ReceiptWaiter } from './receipt-waiter.ts'
import type { SubscriberSession } from './subscriptions.ts'
import type { WorkQueue } from './work-queue.ts'

/** What a method may use. */
export interface RpcContext {
  readonly node: NodeApi
  readonly limits: RpcLimits
  readonly work: WorkQueue
  readonly receipts: ReceiptWaiter
  readonly filters: FilterStore
  /** The WebSocket that asks; null over HTTP. */
  readonly session: SubscriberSession | null
}

/** 'expensive' methods take turns in the work queue; 'waiting' ones wait before they take theirs, which would hold up the others. */
export type Cost = 'cheap' | 'waiting' | 'expensive'

export interface RpcMethod {
  readonly name: string
  readonly parameters: readonly Parameter<unknown>[]
  readonly cost: Cost
  /** The result, as it goes into JSON, or as a JsonText. @throws RpcError */
  call(context: RpcContext, values: readonly unknown[]): unknown
}

type Decoded<P extends readonly Parameter<unknown>[]> = {
  readonly [K in keyof P]: P[K] extends Parameter<infer T> ? T : never
}

export function defineMethod<const P extends readonly Parameter<unknown>[]>(
  name: string,
  parameters: P,
  handler: (context: RpcContext, ...values: Decoded<P>) => unknown,
  cost: Cost = 'cheap',
): RpcMethod {
  return {
    name,
    parameters,
    cost,
    call: (context, values) => handler(context, ...(decodeAll(parameters, values) as Decoded<P>)),
  }
}

function decodeAll(parameters: readonly Parameter<unknown>[], values: readonly unknown[]): unknown[] {
  if (values.length > parameters.length) throw invalidParams(`too many arguments, want at most ${parameters.length}`)
  return parameters.map((parameter, index) => {
    const value = values[index]
    if (value !== undefined && value !== null) return parameter.decode(value)
    if (parameter.required) throw invalidParams(`missing value for required argument ${index}: ${parameter.name}`)
    return parameter.decode(undefined)
  })
}
