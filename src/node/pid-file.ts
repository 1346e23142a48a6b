/** The process id of a running node, in its data directory, for those who look after it. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attempt } from '../storage/node-files/system-failure.ts'

const NAME = 'node.pid'

/** Only by the process that holds the lock of the directory. Throws a StorageFailure. */
export function writePidFile(dataDir: string): void {
  attempt(`writing ${NAME}`, () => writeFileSync(join(dataDir, NAME), `${process.pid}\n`))
}

export function removePidFile(dataDir: string): void {
  rmSync(join(dataDir, NAME), { force: true })
}

/** Undefined when no process of that id is alive. */
export function livePid(dataDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dataDir, NAME), 'utf8'))
    if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined
  }
}
