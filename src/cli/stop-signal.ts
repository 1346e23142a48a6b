/** Resolves with the first signal that asks this process to end. Later ones change nothing. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve(signal))
  })
}
