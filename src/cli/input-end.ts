/**
 * Resolves when standard input ends. A parent that holds the other end of the pipe need not do
 * anything for that, not even live: the operating system closes what a dead process had open.
 */
export function inputEnd(): Promise<string> {
  return new Promise((resolve) => {
    const end = () => resolve('standard input ended')
    process.stdin.resume().once('end', end).once('error', end).once('close', end)
  })
}
