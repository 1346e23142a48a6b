/** How a process of this program ends, for scripts and service managers (the names and values of sysexits.h). */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** EX_SOFTWARE: a bug. What is on disk is intact. */
  crashed: 70,
  /** EX_TEMPFAIL: the same again may work later. */
  retry: 75,
  /** EX_CONFIG: goes on failing, or would be unsafe, until a person changes something. */
  refused: 78,
} as const

/** Why something is not done, in one line that says what to do about it. */
export interface Refusal {
  readonly exitCode: number
  readonly message: string
}

export function refusal(message: string, exitCode: number = EXIT.refused): Refusal {
  return { exitCode, message }
}
