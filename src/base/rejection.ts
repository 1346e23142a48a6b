/**
 * The outside is wrong. `verdict` is what the network does with the message: 'reject' is the
 * sender's own fault and costs it score, 'ignore' is what an honest but lagging peer may send.
 */
export interface Rejection<Code extends string = string> {
  readonly code: Code
  readonly message: string
  readonly verdict: 'ignore' | 'reject'
}

export function rejection<Code extends string>(
  code: Code,
  message: string,
  verdict: Rejection['verdict'] = 'reject',
): Rejection<Code> {
  return { code, message, verdict }
}
