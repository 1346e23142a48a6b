const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Resolves with the first signal that asks this process to end. Later ones change nothing. */
export function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    onStopSignal(resolve)
  })
}

/** From now on, with each of them. */
export function onStopSignal(heard: (signal: string) => void): void {
  for (const signal of SIGNALS) process.on(signal, heard)
}
