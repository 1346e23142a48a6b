/** One positional parameter of a method. */
export interface Parameter<T> {
  readonly name: string
  readonly required: boolean
  /** Undefined is an absent value; a required parameter is never asked to decode it. @throws RpcError -32602 */
  decode(value: unknown): T
}
