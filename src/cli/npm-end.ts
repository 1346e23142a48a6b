/**
 * Resolves when the npm that runs this program is gone; never without one. npm ends on SIGTERM and says
 * nothing to what it runs, which would go on unseen and keep its ports.
 */
const LOOK_MS = 250

export function npmEnd(): Promise<string> {
  return new Promise((resolve) => {
    if (process.env['npm_lifecycle_event'] === undefined) return
    const parent = process.ppid
    const look = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(look)
      resolve('npm has ended')
    }, LOOK_MS)
    // It is not what keeps the program alive.
    look.unref()
  })
}
