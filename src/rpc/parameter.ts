/** JSON Schema, as far as a decoder has one; an empty one takes anything. */
export type Schema = Readonly<Record<string, unknown>>

/** One positional parameter of a method. */
export interface Parameter<T> {
  readonly name: string
  readonly required: boolean
  /** What a client may send, for the document of the interface; `decode` is what decides. */
  readonly schema: Schema
  /** Undefined is an absent value; a required parameter is never asked to decode it. @throws RpcError -32602 */
  decode(value: unknown): T
}
