/**
 * For promises nobody waits for and that have no business failing: what the outside can cause is
 * caught inside them, so a rejection is a mistake of ours and must end the process.
 */
export function crash(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
